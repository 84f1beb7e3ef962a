"""The offline brain's stock of lines: reads the JSON files, fills their slots, and never says a line twice in a call.

It must not know why a line is said; words are data, in this folder and in the persona's file.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.hangul import with_particle
from persona.register import to_casual
from persona.sentences import split
from persona.types import Line, SpeechLevel

_SLOT = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_OPENINGS = ("음, ", "아, ", "저기, ", "그러니까 ", "그게, ", "있잖아요, ", "솔직히 ", "그러고 보니 ", "아 참, ")


@lru_cache(maxsize=16)
def data(name: str) -> Any:
    """One of this folder's JSON files."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text("utf-8"))


def fill(template: str, slots: Mapping[str, str]) -> str | None:
    """`template` with its slots filled, particles fitted ({n:은} → "산책은"); None when a slot has no value."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        word = slots.get(match[1], "")
        missing |= not word
        return with_particle(word, match[2]) if match[2] else word

    text = _SLOT.sub(value, template)
    return None if missing else text


def key(text: str) -> str:
    """What makes two lines the same line: their letters, without spaces, signs and case."""
    return re.sub(r"[\W_]+", "", text).lower()


class Voice:
    """Chooses and words one reply's lines. Deterministic for its seed; built anew for every reply."""

    def __init__(self, history: Sequence[Line], level: SpeechLevel, slots: Mapping[str, str], seed: str) -> None:
        self._casual = level in ("해체", "해라체")
        self.slots = dict(slots)
        self._random = random.Random(seed)
        hers = [line.text for line in history if line.role == "assistant"]
        self._said = {key(sentence) for text in hers for sentence in split(text)}
        # A line cut off by the person was said too: a long enough beginning counts.
        self._cut = [key(text) for text in hers if text and text[-1] not in ".?!~…"]

    def say(self, templates: Iterable[str], **slots: str) -> str | None:
        """One of `templates` as a sentence not said yet in this call, or None when all are used up or unfillable."""
        fresh = [text for text in self._worded(templates, slots) if not self.was_said(text)]
        return self._take(fresh)

    def insist(self, templates: Iterable[str], **slots: str) -> str | None:
        """Like `say`, but when all were said one comes back with another beginning, so that no line is repeated."""
        templates = list(templates)
        said = self.say(templates, **slots)
        if said is not None:
            return said
        worded = self._worded(templates, slots)
        again = [opening + text for opening in self._openings() for text in worded]
        return self._take([text for text in again if not self.was_said(text)])

    def was_said(self, text: str) -> bool:
        """Whether a sentence of `text` was already said in this call."""
        keys = [key(sentence) for sentence in split(text)]
        return any(
            k in self._said or any(len(cut) > 6 and cut.endswith(k[: len(cut)]) for cut in self._cut) for k in keys
        )

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, items: Sequence[str]) -> str:
        return self._random.choice(items)

    def _openings(self) -> list[str]:
        return ["있잖아, " if self._casual and opening == "있잖아요, " else opening for opening in _OPENINGS]

    def _worded(self, templates: Iterable[str], slots: Mapping[str, str]) -> list[str]:
        known = {**self.slots, **slots}
        filled = [text for template in templates if (text := fill(template, known)) is not None]
        return [to_casual(text) for text in filled] if self._casual else filled

    def _take(self, texts: list[str]) -> str | None:
        if not texts:
            return None
        chosen = self._random.choice(texts)
        self._said |= {key(sentence) for sentence in split(chosen)}
        return chosen
