"""Blinks, counted from the eyes' aspect ratio against how open they usually are.

Pure arrays; it must not know pictures or scores of anything else. Norms: 26 a minute in conversation (Bentivoglio
1997), 10.5–32.5 normal (Doughty 2001).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.readings import Evidence, Score, not_measured
from analysis.scoring import band
from media.types import Span

Series = NDArray[np.float64]

CLOSED, OPEN = 0.75, 0.82  # of the 90th percentile around
WINDOW = 10.0  # s over which it is taken
SQUINT = 0.7  # of it: how narrow eyes may be and count as open
SQUINTING = 2.0  # s over which narrowed eyes are told from a blink
STEP = 0.1  # s between the moments at which that is looked at
SHORTEST, LONGEST = 0.05, 0.8  # s; a short one may have lasted from the picture before
SLOWEST = 12.0  # pictures a second below which blinks fall between pictures
HOLE = 0.25  # s between two pictures across which no blink is claimed
LEAST = 60.0  # s
PER_MINUTE = (3.0, 10.0, 33.0, 60.0)


@dataclass(frozen=True, slots=True)
class Blinks:
    """What was found, and the time in which it could be found."""

    spans: tuple[Span, ...]  # s, eyes closed
    watched: float  # s with a face and enough pictures
    too_slow: float  # s with a face and too few pictures

    @property
    def per_minute(self) -> float | None:
        return 60.0 * len(self.spans) / self.watched if self.watched > 0 else None


def eye_aspect_ratio(points: NDArray[np.float64]) -> Series:
    """[N] mean over both eyes of (|p2−p6| + |p3−p5|) / (2 |p1−p4|) (Soukupová & Čech 2016).

    `points`: [N,14,2] px in the order of `face_track.POINTS`.
    """
    ratios = []
    for first in (0, 6):
        p1, p2, p3, p4, p5, p6 = (points[:, first + index] for index in range(6))
        height = np.linalg.norm(p2 - p6, axis=1) + np.linalg.norm(p3 - p5, axis=1)
        ratios.append(height / np.maximum(2 * np.linalg.norm(p1 - p4, axis=1), 1e-9))
    return np.asarray(np.mean(ratios, axis=0), np.float64)


def find(t: Series, ear: Series) -> Blinks:
    """Blinks in [N] aspect ratios at [N] s; NaN where there was no face."""
    known = ~np.isnan(ear)
    t, ear = t[known], ear[known]
    new = np.diff(t, prepend=-np.inf) > 0  # a picture seen again tells nothing
    t, ear = t[new], ear[new]
    if len(t) < 2:
        return Blinks((), 0.0, 0.0)
    steps = np.diff(t)
    fast = _fast_enough(t, steps)
    covered = np.where(steps <= HOLE, steps, 0.0)
    spans = tuple(
        Span(float(t[first]), float(t[last]))
        for first, last in _closures(t, ear)
        if fast[first] and (steps[first - 1 : last] <= HOLE).all() and t[last] - t[first - 1] >= SHORTEST
    )
    return Blinks(spans, float(covered[fast[:-1]].sum()), float(np.minimum(steps, 0.5)[~fast[:-1]].sum()))


def blinking(t: Series, ear: Series) -> NDArray[np.bool_]:
    """[N] whether the picture was taken in a blink, at any frame rate: there the iris tells nothing."""
    known = np.flatnonzero(~np.isnan(ear))
    during = np.zeros(len(t), np.bool_)
    if len(known) > 1:
        for first, last in _closures(t[known], ear[known]):
            during[known[max(0, first - 1) : last + 1]] = True
    return during


def _closures(t: Series, ear: Series) -> list[tuple[int, int]]:
    """(first closed, first open again) of every closing that is no longer than a blink; whole ones only."""
    closed = _closed(ear / _usually_open(t, ear))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], closed, [False])).astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(a, b) for a, b in pairs if a > 0 and b < len(t) and t[b] - t[a] <= LONGEST]


def score(blinks: Blinks) -> Score:
    """n counts blinks."""
    n = len(blinks.spans)
    if blinks.watched < LEAST:
        slow = blinks.too_slow + blinks.watched >= LEAST and blinks.too_slow > 0
        return not_measured("low_frame_rate" if slow else "too_little_face", n)
    rate = 60.0 * n / blinks.watched
    return Score(band(rate, *PER_MINUTE), min(1.0, blinks.watched / (2 * LEAST)), n, None, _moment(blinks, rate))


def _moment(blinks: Blinks, rate: float) -> tuple[Evidence, ...]:
    """Where the eyes stared longest, or fluttered most; its value is that moment's blinks a minute."""
    starts = [span.start for span in blinks.spans]
    if rate < PER_MINUTE[1]:
        pauses = [(b - a, a, b) for a, b in itertools.pairwise(starts)]
        length, start, end = max(pauses, default=(0.0, 0.0, 0.0))
        # Longer than watched in one go would be a hole, not a stare.
        return (Evidence("blinking", start, end, 60.0 / length),) if 0 < length <= LEAST else ()
    if rate > PER_MINUTE[2]:
        within = [(sum(a <= one < a + WINDOW for one in starts), a) for a in starts]
        most, start = max(within, default=(0, 0.0))
        return (Evidence("blinking", start, start + WINDOW, most * 60.0 / WINDOW),)
    return ()


def _fast_enough(t: Series, steps: Series) -> NDArray[np.bool_]:
    """[N] whether pictures came fast enough in the ten seconds that a moment lies in (the camera's rate adapts)."""
    block = ((t - t[0]) // WINDOW).astype(np.int64)
    counted = np.bincount(block[:-1], minlength=block[-1] + 1)
    # Holes are no slowness: only the time between pictures that follow each other closely.
    seconds = np.bincount(block[:-1], weights=np.where(steps <= 0.5, steps, 0.0), minlength=block[-1] + 1)
    fast = counted >= 0.98 * SLOWEST * np.maximum(seconds, 1e-9)
    return np.asarray(fast[block], np.bool_)


def _usually_open(t: Series, ear: Series) -> Series:
    """[N] how open the eyes are without a blink: the 90th percentile over the ten seconds around (every five), or the
    median over two seconds where that is lower by up to `SQUINT`: in laughter eyes stay narrow, and still blink."""
    centres = np.arange(t[0], t[-1] + WINDOW / 2, WINDOW / 2)
    starts, ends = np.searchsorted(t, centres - WINDOW / 2), np.searchsorted(t, centres + WINDOW / 2)
    levels = np.array([np.percentile(ear[a:b], 90) if b > a else np.nan for a, b in zip(starts, ends, strict=True)])
    known = ~np.isnan(levels)
    open_eyes = np.maximum(np.interp(t, centres[known], levels[known]), 1e-6)
    grid = np.arange(t[0] - SQUINTING / 2, t[-1] + SQUINTING / 2 + STEP, STEP)
    pieces = np.lib.stride_tricks.sliding_window_view(np.interp(grid, t, ear), round(SQUINTING / STEP) + 1)
    lately = np.interp(t, grid[: len(pieces)] + SQUINTING / 2, np.median(pieces, axis=1))
    return np.asarray(np.clip(lately, SQUINT * open_eyes, open_eyes), np.float64)


def _closed(ratio: Series) -> NDArray[np.bool_]:
    """[N] with hysteresis: closed from below .75 until above .82."""
    change = np.where(ratio < CLOSED, 1, np.where(ratio > OPEN, -1, 0))
    last = np.maximum.accumulate(np.where(change != 0, np.arange(len(change)), 0))
    return np.asarray(change[last] == 1, np.bool_)
