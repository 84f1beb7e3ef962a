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
_SHORTEST = 4  # syllables: a shorter clause is over before the next one is made, so it is spoken with it
_SENTENCE_END = re.compile(r"(?:[.!?…~。！？]+(?=[\s\"'”’)]|$|[^\d\w.])|\n+)[\"'”’)\s]*")
_COMMA = re.compile(r"[,，、;:](?!\d)\s*")
# Where Korean speech may pause between words: after these endings, particles and topics, …
_PAUSE_AFTER = re.compile(
    r"(?:는데|은데|인데|지만|니까|거든|면서|어서|아서|해서|라서|려고|다가|도록|다면|고|면|에서|한테|부터|까지|에는|처럼|라고|죠|"
    r"(?<![필중])요|\b(?:저는|제가|나는|내가|우리는|요즘은?|오늘은|어제는|가끔은?|보통은?))\s?[ㅎㅋ]*$"
)
_PAUSE_BEFORE = re.compile(r"(?:혹시|그런데|근데|그리고|그래서|그래도|아니면|사실|특히|정말로)\b")  # … before these, …
_NO_PAUSE_BEFORE = re.compile(
    r"싶|있|계[시세신]|나[서면]|말[았고]|해[요서도]|하[는고]|했|생각|[ㅎㅋ]"
)  # … not in 가고 싶어요


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
            rest = part.strip()
            while rest:
                clause, rest = _first_of(rest, pause, _allowed(cut))
                cut.append(clause)
    return _gathered(cut)


def _allowed(cut: list[Clause]) -> int:
    """Syllables the next clause may have: while one plays, an engine at half real time makes one twice as long."""
    return min(max(_FIRST, 2 * syllables(cut[-1].text)), _LONGEST) if cut else _FIRST


def _pieces(text: str, end: re.Pattern[str]) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in end.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]


def _first_of(text: str, pause: float, longest: int) -> tuple[Clause, str]:
    """The first clause of `text` and what is left of it."""
    if syllables(text) <= longest:
        return Clause(text, pause), ""
    at = _best_cut(text, longest)
    if at is not None:
        return Clause(text[:at], BREATH_PAUSE), text[at:].strip()
    if len(text) > 2 * _LONGEST and syllables(text) > _LONGEST:  # no usable space: by length alone
        return Clause(text[:_LONGEST], 0.0), text[_LONGEST:]
    return Clause(text, pause), ""


def _best_cut(text: str, longest: int) -> int | None:
    """Index of the space to cut at: the last place to pause within `longest` syllables, else (if it must) the last."""
    best, best_score = None, 0.0
    whole = syllables(text)
    for space in re.finditer(r"\s+", text):
        before = syllables(text[: space.start()])
        if before < _SHORTEST or whole - before < _SHORTEST or before > longest:
            continue
        ends = _PAUSE_AFTER.search(text, 0, space.start()) and not _NO_PAUSE_BEFORE.match(text, space.end())
        pause = ends or _PAUSE_BEFORE.match(text, space.end())
        score = before / longest + (1.0 if pause else 0.0)
        if score > best_score and (pause or whole > _LONGEST):
            best, best_score = space.start(), score
    return best


def _gathered(cut: list[Clause]) -> list[Clause]:
    """A very short clause ("네,") is said with the next one, where both together are no long wait."""
    gathered: list[Clause] = []
    for clause in cut:
        before = gathered[-1] if gathered else None
        if before and syllables(before.text) < _SHORTEST and syllables(before.text + clause.text) <= _FIRST + 3:
            gathered[-1] = Clause(f"{before.text} {clause.text}", clause.pause)
        else:
            gathered.append(clause)
    return gathered
