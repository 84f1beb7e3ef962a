"""How close two people are, 0–100, and the speech level that asks for; 반말 is proposed and agreed, never assumed.

It must not know words other than those of its own bargain (말 놓기), nor where the relationship is stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.hangul import syllables
from persona import memory, safety
from persona.brain.hearing import Heard, understand
from persona.prompt import LINE_LONGEST, level_at
from persona.schema import Persona
from persona.types import Fact, Line, SpeechLevel

MOST_A_SESSION = 15.0
PROPOSE_FROM = 60  # she may propose 말 놓기
AGREE_FROM = 40  # she agrees when the person proposes
_NO = re.compile(r"(?:음|아|어|저|에이|글쎄요?)*[\s,.…]*(?:아니|아뇨|싫|아직|됐어|안 |조금 더|나중)")
_YES = re.compile(r"(?:음|아|어|오|와)*[\s,.…!]*(?:네|예|응|넵|좋|그래|그럴|당연|물론|콜|저도|나도|그러)")
_PUTS_OFF = re.compile(r"조금만 더|조금 더|나중|아직은|천천히")
RUDE, CROSSING = -6.0, -8.0


@dataclass(frozen=True, slots=True)
class Relationship:
    """What one person and one persona are to each other between calls. All of it is the person's to see and delete."""

    intimacy: float = 0.0  # 0–100
    sessions: int = 0  # calls so far
    casual: bool = False  # both agreed to 반말
    refused: bool = False  # the person declined her proposal: she does not ask again
    facts: tuple[Fact, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands after a history: the closeness, the bargain about 반말, and what the next reply should do."""

    intimacy: int
    casual: bool
    refused: bool
    level: SpeechLevel
    aim: str  # "", or an aim of persona.prompt


def standing(persona: Persona, before: Relationship, history: Sequence[Line]) -> Standing:
    """Replays a call's history on top of the relationship as it was before."""
    gained, casual, refused = 0.0, before.casual, before.refused
    proposed, aim, asked_ai = False, "", 0
    hers = ""
    history = [Line(line.role, line.text[-LINE_LONGEST:]) for line in history]
    for index, line in enumerate(history):
        if line.role == "assistant":
            hers = line.text
            proposed |= proposes(hers)
            continue
        heard = understand(line.text)
        gained = min(MOST_A_SESSION, gained + _worth(line.text, hers))
        now = _clamped(before.intimacy + gained)
        casual, refused, aim = _bargain(heard, hers, now, casual, refused)
        if heard.has("ai"):
            asked_ai += 1
            aim = "honest" if asked_ai > 1 or _sincere(line.text) else "deflect"
        last = index == len(history) - 1
        if last and not aim and now >= PROPOSE_FROM and not (casual or refused or proposed) and _calm(heard):
            aim = "propose_casual"
    closeness = round(_clamped(before.intimacy + gained))
    can = any(level.speech_level in ("해체", "해라체") for level in persona.levels)
    level = level_at(persona, closeness, casual and can).speech_level
    return Standing(closeness, casual and can, refused, level, aim if can or "casual" not in aim else "")


def after(persona: Persona, before: Relationship, history: Sequence[Line], at: str = "") -> Relationship:
    """The relationship once the call with `history` is over; `at` is wall time (ISO 8601) for the facts."""
    if not any(line.role == "user" for line in history):
        return before
    end = standing(persona, before, history)
    facts = memory.merged(before.facts, memory.facts_in(history, before.sessions + 1, at))
    summary = memory.summarised(before.summary, history)
    return Relationship(end.intimacy, before.sessions + 1, end.casual, end.refused, facts, summary)


def proposes(line: str) -> bool:
    """Whether a line of hers asks to drop 존댓말 ("조금만 더 친해지면 놓을까요?" puts it off)."""
    return "?" in line and not _PUTS_OFF.search(line) and understand(line).has("propose_casual")


def _bargain(heard: Heard, hers: str, now: float, casual: bool, refused: bool) -> tuple[bool, bool, str]:
    if heard.has("back_to_polite"):
        return False, refused, "back_to_polite" if casual else ""
    if not casual and proposes(hers):
        if _NO.match(heard.text):
            return False, True, "casual_refused"
        if _YES.match(heard.text) or heard.has("propose_casual"):
            return True, refused, "agreed_casual"
        return casual, refused, ""
    if not casual and heard.has("propose_casual"):
        return (True, refused, "agree_casual") if now >= AGREE_FROM else (False, refused, "decline_casual")
    return casual, refused, ""


@lru_cache(maxsize=4096)
def _worth(text: str, hers: str) -> float:
    """What one turn adds: said something, asked, told of oneself (more when she had just told of herself)."""
    heard = understand(text)
    if heard.has("insult"):
        return RUDE
    concern = safety.screen(text)
    if concern in ("sexual", "stalking"):
        return CROSSING
    if heard.state or concern:
        return 0.0
    worth = 0.3 if syllables(text) >= 8 else 0.1
    worth += 0.3 if heard.main.question else 0.0
    told = len(memory.told(text, hers)) + (1 if heard.main.feeling else 0)
    worth += min(1.6, 0.8 * told) * (1.25 if told and ("저는" in hers or "저도" in hers or "나도" in hers) else 1.0)
    worth += 0.4 if heard.has("compliment") or heard.has("thanks") else 0.0
    return worth


def _calm(heard: Heard) -> bool:
    return not heard.state and not heard.main.question and not heard.main.feeling and not heard.main.act


def _sincere(text: str) -> bool:
    return any(word in text for word in ("솔직", "진지", "장난", "진심", "제발", "힘들", "무서"))


def _clamped(value: float) -> float:
    return max(0.0, min(100.0, value))
