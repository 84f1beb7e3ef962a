"""What must not be asked, and what must not be said: screens the person's lines and her own. Pure.

It must not know which model writes. What the person says is data: nothing in it can change who she is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from persona.schema import Persona
from persona.sentences import split
from persona.tables import table
from persona.types import Line

Concern = Literal[
    "self_harm", "violence", "minor", "minor_romance", "sexual", "stalking", "illegal", "injection"
]  # gravest first
_ORDER: tuple[Concern, ...] = ("self_harm", "sexual", "stalking", "violence", "illegal", "injection", "minor")
_ROMANCE = re.compile(
    r"사귀|사귈|사랑해|좋아해요$|데이트|키스|뽀뽀|안아|결혼|남자친구|여자친구|애인|만나자|만날래|자기야"
)
# "동생이 고3이에요" tells of somebody else.
_OF_ANOTHER = re.compile(
    r"(?:동생|아들|딸|조카|사촌|제자|학생들?|애들?|아이들?|아이|오빠|언니|누나|형|친구)(?:이|은|는|가|도)?(?:올해|이제|지금|벌써)?$"
)
_HELP_LINES = ("109", "112", "119", "1366", "1388")
_SHOWN = 14  # letters of a rule of the prompt that, said aloud, are a leak


def _compact(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


@lru_cache(maxsize=32)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in table("safety")[name]))


@lru_cache(maxsize=2048)
def screen(text: str) -> Concern | None:
    """The gravest concern in one line of the person, or None."""
    compact = _compact(text[:2000])
    for kind in _ORDER:
        found = _pattern(kind).search(compact)
        if found and not (kind == "minor" and _OF_ANOTHER.search(compact[: found.start()])):
            return kind
    return None


def concern_of(history: Sequence[Line]) -> Concern | None:
    """What the person's last line asks her to be careful about; that they are a minor is not forgotten."""
    lines = [line.text for line in history if line.role == "user"]
    if not lines:
        return None
    now = screen(lines[-1])
    minor = any(screen(line) == "minor" for line in lines[:-1])
    if minor and now in (None, "minor") and _ROMANCE.search(_compact(lines[-1])):
        return "minor_romance"
    return None if now == "minor" and minor else now


def written_answers(persona: Persona, concern: Concern) -> tuple[str, ...]:
    """The lines to answer a concern with: the persona's own where the file has them."""
    if concern == "self_harm":
        return persona.safety.care
    if concern == "injection":
        return persona.safety.refuse
    return tuple(table("safety")["lines"][concern])


def essence(persona: Persona, concern: Concern) -> tuple[str, ...]:
    """What must be said even when every written line was said already: to somebody in danger, the help line."""
    lines = written_answers(persona, concern)
    if concern != "self_harm":
        return lines
    return tuple(sentence for line in lines for sentence in split(line) if "109" in sentence)


def fault(sentence: str, rules: str = "") -> str | None:
    """Why a sentence of hers must not be spoken: "vendor", "denial", "number", "sexual", "leak"; None if it may."""
    compact = _compact(sentence)
    if _pattern("output").search(compact):
        return "vendor"
    if _pattern("denial").search(compact):
        return "denial"
    numbers = re.findall(r"\d{2,4}[-\s.]?\d{3,4}[-\s.]?\d{4}|\d{9,}", sentence)
    if any(number not in _HELP_LINES for number in numbers):
        return "number"
    if _pattern("sexual").search(compact):
        return "sexual"
    if rules and _leaks(compact, rules):
        return "leak"
    return None


@lru_cache(maxsize=64)
def _pieces(rules: str) -> frozenset[str]:
    compact = _compact(rules)
    return frozenset(compact[at : at + _SHOWN] for at in range(len(compact) - _SHOWN + 1))


def _leaks(compact: str, rules: str) -> bool:
    pieces = _pieces(rules)
    return any(compact[at : at + _SHOWN] in pieces for at in range(max(0, len(compact) - _SHOWN + 1)))
