"""How somebody sits, against their own way of sitting: the head's tilt, its nod, the distance, the swaying.

Pure arrays; it must not know what posture is good for. Every measure is a difference to a baseline.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.scoring import falling

Series = NDArray[np.float64]

WEIGHTS = {"roll": 0.40, "pitch": 0.30, "distance": 0.20, "sway": 0.10}
ROLL = (8.0, 25.0)  # degrees: free, and 0 points
PITCH = (12.0, 30.0)  # degrees
DISTANCE = (0.5, 0.8, 1.25, 1.8)  # times the baseline
SWAY = (0.8, 4.0)  # cm of movement about one's place within two seconds
WINDOW = 2.0  # s


def roll_score(roll: Series, weights: Series, own: float) -> float:
    return _mean(np.interp(np.abs(roll - own), ROLL, (100.0, 0.0)), weights)


def pitch_score(pitch: Series, weights: Series, own: float) -> float:
    return _mean(np.interp(np.abs(pitch - own), PITCH, (100.0, 0.0)), weights)


def distance_score(distance: Series, weights: Series, own: float) -> float:
    return _mean(np.interp(distance / own, DISTANCE, (0.0, 100.0, 100.0, 0.0)), weights)


def sway(t: Series, x: Series, y: Series) -> float | None:
    """cm: median over two-second windows of the head's spread about its place; None under three windows.

    A slow change of seat is no swaying, hence the short windows.
    """
    _, spread = _windows(t, x, y)
    return float(np.median(spread)) if len(spread) >= 3 else None


def restless(t: Series, x: Series, y: Series) -> tuple[float, float, float] | None:
    """The two seconds of most movement: start (s), end (s), cm; None where all were calm."""
    starts, spread = _windows(t, x, y)
    if not len(spread) or spread.max() <= SWAY[0]:
        return None
    most = int(np.argmax(spread))
    return float(starts[most]), float(starts[most]) + WINDOW, float(spread[most])


def _windows(t: Series, x: Series, y: Series) -> tuple[Series, Series]:
    """Start (s) and spread (cm) of every two-second window with at least five pictures."""
    if len(t) < 2:
        return np.zeros(0), np.zeros(0)
    block = ((t - t[0]) // WINDOW).astype(np.int64)
    count = np.bincount(block)
    enough = count >= 5
    spread = np.zeros(len(count))
    for values in (x, y):
        mean = np.bincount(block, weights=values) / np.maximum(count, 1)
        spread += np.bincount(block, weights=(values - mean[block]) ** 2) / np.maximum(count, 1)
    return t[0] + WINDOW * np.flatnonzero(enough), np.sqrt(spread[enough])


def sway_score(cm: float) -> float:
    return falling(cm, *SWAY)


def _mean(values: Series, weights: Series) -> float:
    return min(100.0, max(0.0, float(np.average(values, weights=weights))))
