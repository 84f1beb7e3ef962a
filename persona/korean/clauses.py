"""Where to breathe: a reply cut into clauses that can be spoken one after another, the first of them early.

It must not know sounds or engines; a clause is a slice of the text as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.hangul import syllables

COMMA_PAUSE = 0.12  # s
SENTENCE_PAUSE = 0.25  # s
BREATH_PAUSE = 0.05  # s, where a long clause is cut at a connective ending

_FIRST = 11  # syllables: a longer first clause is cut if it can be, so that the first sound comes early
_LONGEST = 32  # syllables: beyond this every clause is cut
_SHORTEST = 4  # syllables: no cut leaves less than this on either side
_SENTENCE_END = re.compile(r"(?:[.!?…~。！？]+(?=[\s\"'”’)]|$|[^\d\w.])|\n+)[\"'”’)\s]*")
_COMMA = re.compile(r"[,，、;:](?!\d)\s*")
# Endings and particles after which Korean speech pauses most readily, best first.
_CONNECTIVE = re.compile(
    r"(?:는데|은데|ㄴ데|지만|니까|거든|면서|어서|아서|해서|라서|려고|다가|고|면|서|며|도록|는지|다면|때|은|는|도)$"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A slice of the written text and the silence that follows it."""

    text: str  # as written, with its punctuation
    pause: float  # s of silence after it


def clauses(text: str) -> list[Clause]:
    """`text` cut at sentence ends and commas, long clauses also between words. Only spaces between them are lost."""
    cut: list[Clause] = []
    for sentence in _pieces(text, _SENTENCE_END):
        parts = _pieces(sentence, _COMMA)
        for number, part in enumerate(parts, 1):
            pause = SENTENCE_PAUSE if number == len(parts) else COMMA_PAUSE
            cut += _shortened(part.strip(), pause, _FIRST if not cut else _LONGEST)
    return _gathered(cut)


def _pieces(text: str, end: re.Pattern[str]) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in end.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]


def _shortened(text: str, pause: float, longest: int) -> list[Clause]:
    if syllables(text) <= longest:
        return [Clause(text, pause)]
    at = _best_cut(text, longest)
    if at is None:
        return [Clause(text, pause)] if syllables(text) <= _LONGEST else _forced(text, pause)
    return [Clause(text[:at].strip(), BREATH_PAUSE), *_shortened(text[at:].strip(), pause, _LONGEST)]


def _best_cut(text: str, longest: int) -> int | None:
    """Index of the best space: after a connective ending, the later the better, at most `longest` syllables in."""
    best, best_score = None, 0.0
    for space in re.finditer(r"\s+", text):
        before, after = syllables(text[: space.start()]), syllables(text[space.end() :])
        if before < _SHORTEST or after < _SHORTEST or before > longest:
            continue
        score = before / longest + (1.0 if _CONNECTIVE.search(text[: space.start()]) else 0.0)
        # A first clause is cut only where a speaker might pause; a too long one anywhere.
        if score > best_score and (score > 1 or syllables(text) > _LONGEST):
            best, best_score = space.start(), score
    return best


def _forced(text: str, pause: float) -> list[Clause]:
    """Text without any usable space: cut by length alone."""
    pieces = [text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST)]
    return [Clause(piece, pause if number == len(pieces) else 0.0) for number, piece in enumerate(pieces, 1)]


def _gathered(cut: list[Clause]) -> list[Clause]:
    """One-word sentences ("네." "아,") join what follows while both stay short: fewer starts, better melody."""
    return cut
