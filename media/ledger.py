"""The playback ledger: which text was heard, up to which sample of a reply's speech.

It must not know tracks, synthesis or clocks: samples and call times are arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from media.types import SPEECH_RATE, Span

SYLLABLES_PER_SECOND = 5.5  # brisk Korean speech, to guess how long a piece still being synthesized will be
_SYLLABLE = re.compile(r"[가-힣]")
_LETTER = re.compile(r"[^\W가-힣_]")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out of one reply."""

    text: str  # the words that were played
    seconds: float  # of speech played
    complete: bool  # the reply was ended, and all of it was played
    pieces: tuple[tuple[str, Span], ...] = ()  # each piece of text that began to play, with its call time


@dataclass(slots=True)
class _Piece:
    """Text and the samples that speak it: [first, last) counted from the reply's beginning."""

    text: str
    first: int
    last: int
    began: float | None = None  # s, call time at which its first sample was played
    until: float = 0.0  # s, call time at which its last sample so far was played


class PlaybackLedger:
    """One reply's account: `append` as speech is queued, `played` as it goes out, `heard` at any moment."""

    def __init__(self, rate: int = SPEECH_RATE) -> None:
        self._rate = rate
        self._pieces: list[_Piece] = []
        self._closed = False
        self._next = 0  # index of the first piece that has not begun
        self.queued = 0  # samples appended
        self.counter = 0  # samples played: the furthest that was reached

    def append(self, samples: int, text: str) -> None:
        """Queue `samples` that speak `text`; "" continues the piece before."""
        first = self.queued
        self.queued += samples
        if not text and self._pieces:
            self._pieces[-1].last = self.queued
        else:
            self._pieces.append(_Piece(text, first, self.queued))

    def close(self) -> None:
        """Nothing more will be appended: the last piece's length is final."""
        self._closed = True

    def played(self, first: int, last: int, at: float) -> None:
        """Samples [first, last) go out from call time `at` (s) on. Playing something again takes nothing back."""
        self.counter = max(self.counter, min(last, self.queued))
        begun = self._next
        while self._next < len(self._pieces) and self._pieces[self._next].first < self.counter:
            piece = self._pieces[self._next]
            piece.began = at + (max(piece.first, first) - first) / self._rate
            self._next += 1
        for piece in self._pieces[max(0, begun - 1) : self._next]:
            piece.until = at + (min(piece.last, last) - first) / self._rate

    @property
    def complete(self) -> bool:
        """The reply was closed and all of it was played."""
        return self._closed and self.counter >= self.queued

    def heard(self) -> Heard:
        """The text up to the sample counter, cut at the nearest word boundary."""
        words = []
        for index, piece in enumerate(self._pieces[: self._next]):
            growing = index == len(self._pieces) - 1 and not self._closed
            words.append(cut(piece.text, self._fraction(piece, growing)))
        return Heard(
            text=" ".join(part for part in words if part),
            seconds=self.counter / self._rate,
            complete=self.complete,
            pieces=tuple(
                (piece.text, Span(piece.began, max(piece.began, piece.until)))
                for piece in self._pieces[: self._next]
                if piece.began is not None and piece.text
            ),
        )

    def _fraction(self, piece: _Piece, growing: bool) -> float:
        length = float(piece.last - piece.first)
        if growing:
            length = max(length, sum(map(_weight, piece.text.split())) / SYLLABLES_PER_SECOND * self._rate)
        return min(1.0, (self.counter - piece.first) / length) if length > 0 else 1.0


def cut(text: str, fraction: float) -> str:
    """The words of `text` heard once `fraction` (0–1) of its sound was played; a word mostly played counts.

    Sound is shared out among the words by their syllables: Korean is syllable-timed closely enough for that.
    """
    words = text.split()
    if fraction >= 1.0:
        return " ".join(words)
    weights = [_weight(word) for word in words]
    reached = fraction * sum(weights)
    heard = []
    start = 0.0
    for word, weight in zip(words, weights, strict=True):
        if reached < start + weight / 2:
            break
        heard.append(word)
        start += weight
    return " ".join(heard)


def _weight(word: str) -> float:
    """Syllables of a word, about: a Hangul block is one, a digit one, two Latin letters one; a bare sign none."""
    digits = sum(character.isdigit() for character in word)
    letters = len(_LETTER.findall(word)) - digits
    return len(_SYLLABLE.findall(word)) + digits + letters / 2
