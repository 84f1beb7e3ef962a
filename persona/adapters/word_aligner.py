"""Cuts one utterance's streamed sound into pieces that each carry the words they speak. Pure: no network, no decoder.

It must not know which engine speaks; it is told the sound in order and, before or after it, each word's times.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from media.types import SPEECH_RATE, Samples
from persona.engines import SpeechPiece

_AUDIBLE = 250  # of 32767 (-42 dBFS): below is the codec's idea of silence
_LEAD = SPEECH_RATE // 20  # samples kept before the first audible one: a breathy onset (ㅎ, ㅅ) is softer than that
_TAIL = SPEECH_RATE // 4  # samples kept after the last audible one, of the most of a second that the service adds
_SLACK = SPEECH_RATE // 4  # samples by which a told end may be off
_PATIENCE = SPEECH_RATE * 3 // 2  # samples that wait for the times of their words before they go without


class WordAligner:
    """Pieces end where a word of the text ends (at white space), so `" ".join` of their texts is the text again.

    A word goes out once all its sound is there: what was not given out yet can be asked for again as `unspoken`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._cursor = 0  # characters given out
        self._matched = 0  # characters that word times were told for
        self._told = 0  # sample at which the last told word ends
        self._lost = False  # a told word was not found in the text: it was read out in another form
        self._ends: deque[tuple[int, int]] = deque()  # per word: (last sample, characters of the text up to there)
        self._held = np.empty(0, np.int16)
        self._position = 0  # sample index of the first one held, in the engine's stream
        self._begun = False

    def word(self, word: str, end: float) -> list[SpeechPiece]:
        """`word` sounds until `end` seconds of the stream."""
        self._told = round(end * SPEECH_RATE)
        found = self._text.find(word, self._matched)
        if found < 0:
            self._lost = True
            return self._ready()
        self._matched = found + len(word)
        while self._matched < len(self._text) and not self._text[self._matched].isalnum():
            self._matched += 1
        if self._matched == len(self._text) or self._text[self._matched - 1 : self._matched].isspace():
            self._ends.append((self._told, self._matched))
        return self._ready()

    def sound(self, samples: Samples) -> list[SpeechPiece]:
        """The stream's next samples."""
        self._held = np.concatenate([self._held, samples])
        if not self._begun:
            audible = _audible(self._held)
            first = int(audible[0]) if len(audible) else len(self._held)
            self._drop(max(0, first - _LEAD))
            self._begun = bool(len(audible))
        return self._ready()

    def finish(self) -> list[SpeechPiece]:
        """The stream is over: the last words, and as much silence as belongs between two sentences."""
        if not self._begun:
            return []
        audible = _audible(self._held)
        last = int(audible[-1]) if len(audible) else 0
        characters = self._cursor
        if len(audible):
            end = self._position + len(self._held) + _SLACK
            characters = max((count for told, count in self._ends if told <= end), default=characters)
            # Sound goes on after the last told word: the times of the words that follow were lost, not the words.
            if self._lost or self._position + last > self._told + _SLACK:
                characters = len(self._text)
        self._ends.clear()
        piece = self._give(min(last + _TAIL, len(self._held)), characters)
        return [piece] if len(piece.samples) else []

    @property
    def unspoken(self) -> str:
        """What of the text was not given out yet: "" when nothing that could be spoken is missing."""
        rest = self._text[self._cursor :]
        return "" if self._lost or not any(c.isalnum() for c in rest) else rest

    def _ready(self) -> list[SpeechPiece]:
        pieces = []
        while self._ends and self._begun and self._ends[0][0] <= self._position + len(self._held):
            end, characters = self._ends.popleft()
            if end > self._position:
                pieces.append(self._give(end - self._position, characters))
            else:  # its sound went out before its time was told
                self._cursor = max(self._cursor, characters)
        if self._begun and not self._ends and len(self._held) > _PATIENCE:
            pieces.append(self._give(len(self._held), len(self._text)))
        return pieces

    def _give(self, samples: int, characters: int) -> SpeechPiece:
        text = self._text[self._cursor : characters].strip()
        self._cursor = max(self._cursor, characters)
        given = self._held[:samples]
        self._drop(samples)
        return SpeechPiece(given, text)

    def _drop(self, samples: int) -> None:
        self._held = self._held[samples:]
        self._position += samples


def _audible(samples: Samples) -> NDArray[np.intp]:
    """Indices of the samples that are more than the codec's silence."""
    return np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
