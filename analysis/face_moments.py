"""The stretches of time that show a face's score: where it was good for longest, and where it was not.

Pure arrays; it must not know what any score measures nor how it is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.readings import Evidence
from media.types import Span

Series = NDArray[np.float64]
Flags = NDArray[np.bool_]

SHORTEST = 3.0  # s that are worth showing
WHOLE = 0.9  # of the time: what lasts that long is no moment, the score itself says it
HOLE = 1.0  # s between two pictures across which nothing is claimed


def moments(
    metric: str,
    t: Series,
    good: Flags,
    values: Series | None = None,
    *,
    least: float = SHORTEST,
    tip_id: str | None = None,
) -> tuple[Evidence, ...]:
    """The longest stretch that was not good, then the longest that was, if they lasted `least` s.

    `values` [N] in the metric's own unit give a moment its median; without them it is the stretch's seconds. `tip_id`
    is the tip that speaks of what was not good.
    """
    found = []
    for direction, flags in (("improve", ~good), ("good", good)):
        span = longest(t, flags)
        if span is None or span.seconds < least or (direction == "good" and span.seconds >= WHOLE * (t[-1] - t[0])):
            continue
        inside = (t >= span.start) & (t <= span.end)
        value = span.seconds if values is None else float(np.median(values[inside]))
        if direction == "improve":
            found.append(Evidence(metric, span.start, span.end, value, tip_id=tip_id))
        else:
            found.append(Evidence(metric, span.start, span.end, value, direction="good"))
    return tuple(found)


def longest(t: Series, flags: Flags) -> Span | None:
    """The longest stretch of pictures in a row that are flagged; a hole ends one."""
    breaks = np.flatnonzero((np.diff(flags) != 0) | (np.diff(t) > HOLE)) + 1
    starts, ends = np.concatenate(([0], breaks)), np.concatenate((breaks, [len(t)])) - 1
    lasted = np.where(flags[starts], t[ends] - t[starts], -1.0) if len(t) else np.zeros(0)
    if not len(lasted) or lasted.max() < 0:
        return None
    best = int(np.argmax(lasted))
    return Span(float(t[starts[best]]), float(t[ends[best]]))
