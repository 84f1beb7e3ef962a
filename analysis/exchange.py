"""The exchange of two speakers as spans of time: who held the floor for how long, who waited, who broke in.

Pure; it must not know words or voices. Her spans are those of the playout at the client, where the person heard her.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from analysis.readings import Evidence, Score, not_measured
from analysis.scoring import band
from media.types import Span

SHARE_BAND = (0.15, 0.40, 0.65, 0.90)
LATENCY_BAND = (-1.5, 0.0, 1.5, 4.0)  # s
TRANSITIONS = 3  # answers below which no latency is claimed
INTERRUPTED = 0.5  # s that she must still have had to say for an onset to be a breaking-in
WITHIN = 10.0  # s after which a turn is no answer any more


def talk_share(mine: Iterable[Span], hers: Iterable[Span]) -> float | None:
    """My part of all speech, 0–1; None while nobody has spoken. Speaking at once counts for both."""
    my_time, her_time = covered(mine), covered(hers)
    return my_time / (my_time + her_time) if my_time + her_time > 0 else None


def covered(spans: Iterable[Span]) -> float:
    """Seconds that the spans cover; overlaps count once."""
    total, until = 0.0, float("-inf")
    for span in sorted(spans, key=lambda one: one.start):
        total += max(0.0, span.end - max(span.start, until))
        until = max(until, span.end)
    return total


def latencies(mine: Sequence[Span], hers: Sequence[Span], within: float = WITHIN) -> list[float]:
    """Seconds from the end of each of her turns to my next onset; negative where I came in before her end."""
    return [seconds for seconds, _ in answers(mine, hers, within)]


def answers(mine: Sequence[Span], hers: Sequence[Span], within: float = WITHIN) -> list[tuple[float, Span]]:
    """Each latency with the turn of mine that ended it."""
    found = []
    for index, turn in enumerate(hers):
        until = hers[index + 1].start if index + 1 < len(hers) else float("inf")
        answer = next((one for one in mine if turn.start < one.start < until), None)
        if answer is not None and answer.start - turn.end <= within:
            found.append((answer.start - turn.end, answer))
    return found


def interruptions(mine: Sequence[Span], hers: Sequence[Span], least: float = INTERRUPTED) -> list[Span]:
    """My turns that began while she had at least `least` seconds left to say."""
    return [one for one in mine if any(turn.start < one.start < turn.end - least for turn in hers)]


def share_score(mine: Sequence[Span], hers: Sequence[Span]) -> Score:
    """n counts turns of both."""
    share = talk_share(mine, hers)
    n = len(mine) + len(hers)
    if share is None or not mine or not hers:
        return not_measured("too_few_turns", n)
    return Score(
        band(share, *SHARE_BAND), min(1.0, min(len(mine), len(hers)) / 5), n, None, _longest(share, mine, hers)
    )


def _longest(share: float, mine: Sequence[Span], hers: Sequence[Span]) -> tuple[Evidence, ...]:
    """Whose longest turn tipped the balance; its value is its seconds."""
    if SHARE_BAND[1] <= share <= SHARE_BAND[2]:
        return ()
    tip, turns = ("share_high", mine) if share > SHARE_BAND[2] else ("share_low", hers)
    longest = max(turns, key=lambda one: one.seconds)
    return (Evidence("talk_share", longest.start, longest.end, longest.seconds, tip_id=tip),)


def latency_score(found: Sequence[float], least: int = TRANSITIONS) -> Score:
    """n counts answers. The median: one long thought is no habit."""
    if len(found) < least:
        return not_measured("too_few_turns", len(found))
    return Score(band(median(found), *LATENCY_BAND), min(1.0, len(found) / 8), len(found))


def not_interrupting_score(mine: Sequence[Span], hers: Sequence[Span]) -> Score:
    """100 without breaking in, 0 when every second turn does; n counts my turns."""
    if not mine or not hers:
        return not_measured("too_few_turns", len(mine))
    broken = interruptions(mine, hers)
    value = max(0.0, 100.0 * (1 - 2 * len(broken) / len(mine)))
    evidence = tuple(Evidence("not_interrupting", one.start, one.end, 1.0) for one in broken[:2])
    return Score(value, min(1.0, len(mine) / 5), len(mine), None, evidence)
