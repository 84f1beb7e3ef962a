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
from persona.register import to_casual, to_formal
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
        self._worded = to_casual if level in ("해체", "해라체") else to_formal if level == "하십시오체" else str
        self.slots = dict(slots)
        self._random = random.Random(seed)
        hers = [line.text for line in history if line.role == "assistant"]
        self._said = {key(sentence) for text in hers for sentence in split(text)}
        # A line cut off by the person was said too: a long enough beginning counts.
        self._cut = [key(text) for text in hers if text and text[-1] not in ".?!~…"]

    def say(self, templates: Iterable[str], **slots: str) -> str | None:
        """One of `templates` as a sentence not said yet in this call, or None when all are used up or unfillable."""
        return self._first_fresh(self._shuffled(templates), slots)

    def next(self, templates: Sequence[str], **slots: str) -> str | None:
        """Like `say`, but the first one left, in the order of the file: a later line may build on an earlier one."""
        return self._first_fresh(templates, slots)

    def insist(self, templates: Iterable[str], **slots: str) -> str | None:
        """Like `say`, but when all were said one comes back behind another opening word, so no line is repeated."""
        order = self._shuffled(templates)
        said = self._first_fresh(order, slots)
        if said is not None:
            return said
        parts = [sentence for template in order for sentence in split(template)]
        return self._first_fresh([opening + part for opening in _OPENINGS for part in parts], slots, again=True)

    def has_fresh(self, templates: Iterable[str]) -> bool:
        """Whether one of `templates` (without slots of their own) could still be said."""
        return any(not self.was_said(self._worded(text)) for text in templates)

    def was_said(self, text: str) -> bool:
        """Whether a sentence of `text` was already said in this call, alone, behind an opening word, or cut off."""
        return any(self._heard(key(sentence)) for sentence in split(text))

    def _heard(self, sentence: str) -> bool:
        if sentence in self._said:
            return True
        if len(sentence) < 6:
            return False
        behind = any(said.endswith(sentence) for said in self._said)
        return behind or any(len(cut) > 6 and sentence.startswith(cut[-len(sentence) :]) for cut in self._cut)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, items: Sequence[str]) -> str:
        return self._random.choice(items)

    def _shuffled(self, templates: Iterable[str]) -> list[str]:
        order = list(templates)
        self._random.shuffle(order)
        return order

    def _first_fresh(self, templates: Iterable[str], slots: Mapping[str, str], again: bool = False) -> str | None:
        known = {**self.slots, **slots}
        for template in templates:
            text = fill(template, known)
            if text is None:
                continue
            text = self._worded(text)
            if not (key(split(text)[0]) in self._said if again else self.was_said(text)):
                self._said |= {key(sentence) for sentence in split(text)}
                return text
        return None
