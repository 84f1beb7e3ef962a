"""Finds which topic a text is about, forgiving the recogniser's slips: exact keys first, words that sound alike after.

It must not know what is said about a topic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.hangul import likeness, syllables
from analysis.korean import morphemes
from persona.brain.lines import key

SOUNDS_ALIKE = 0.6  # jamo likeness from which another word is taken for the key
_CONTENT = ("NNG", "NNP", "SL", "VV", "VA", "XR", "MAG")


@dataclass(frozen=True, slots=True)
class Match:
    """A found entry: which, by which key, and how strongly (letters matched; a guess by sound counts half)."""

    entry: int
    key: str
    strength: float


class Index:
    """Keys → entries. A key "=비" means the word 비 itself; any other key may stand anywhere in the text."""

    def __init__(self, keys: Iterable[tuple[str, int, float]]) -> None:
        """`keys`: (key, entry number, weight)."""
        self._whole: dict[str, list[tuple[int, float]]] = {}
        self._within: list[tuple[str, int, float]] = []
        for word, entry, weight in keys:
            plain = key(word)
            if word.startswith("=") or len(plain) == 1:
                self._whole.setdefault(plain, []).append((entry, weight))
            else:
                self._within.append((plain, entry, weight))

    def find(self, text: str, by_sound: bool = False) -> list[Match]:
        """Entries `text` speaks of, strongest first; `by_sound` also takes words like a key where no key stands."""
        found: dict[int, Match] = {}
        compact = key(text)
        for word, entry, weight in self._within:
            if word in compact:
                _keep(found, Match(entry, word, len(word) * weight))
        for morpheme in morphemes(text):
            if morpheme.tag in _CONTENT:
                for entry, weight in self._whole.get(key(morpheme.form), ()):
                    _keep(found, Match(entry, morpheme.form, (len(morpheme.form) + 0.5) * weight))
        if not found and by_sound:
            self._by_sound(text, found)
        return sorted(found.values(), key=lambda match: (-match.strength, match.entry))

    def _by_sound(self, text: str, found: dict[int, Match]) -> None:
        heard = [key(word) for word in nouns(text) if syllables(word) >= 2]
        for word, entry, weight in self._within:
            if syllables(word) < 2:
                continue
            best = max((likeness(other, word) for other in heard), default=0.0)
            if best >= SOUNDS_ALIKE:
                _keep(found, Match(entry, word, len(word) * weight * best / 2))


def nouns(text: str) -> list[str]:
    """The nouns of `text` without their particles; nouns written together are one word."""
    found: list[str] = []
    end = -1
    for morpheme in morphemes(text):
        if morpheme.is_noun or morpheme.tag in ("XPN", "XSN"):
            if morpheme.start == end and found:
                found[-1] += morpheme.form
            else:
                found.append(morpheme.form)
            end = morpheme.end
    return found


def _keep(found: dict[int, Match], match: Match) -> None:
    known = found.get(match.entry)
    if known is None or match.strength > known.strength:
        found[match.entry] = match
