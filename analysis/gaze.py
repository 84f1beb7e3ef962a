"""Where the eyes are turned: the iris in the eye, with the head, against the person's own way of looking at the screen.

Pure arrays; it must not know speech. Only "towards the screen" is claimed, never what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.scoring import band

Series = NDArray[np.float64]

EYEBALL = 0.42  # radius ÷ eye width: 12 mm of some 28.5 mm between the corners
ON_TARGET = (12.0, 10.0)  # degrees from the baseline in yaw and in pitch
LISTENING_BAND = (0.3, 0.6, 0.95, 1.3)  # share of the time on target
SPEAKING_BAND = (0.15, 0.35, 0.9, 1.3)  # people look away while they think of words
FIXATION_BAND = (0.3, 1.0, 6.0, 20.0)  # s
GLIMPSE = 0.2  # s off target that end no fixation: a saccade, or a picture's noise
BRIDGED = 2.0  # s without pictures that end none either


@dataclass(frozen=True, slots=True)
class Gaze:
    """Direction against the picture's axis, head and eyes together."""

    yaw: Series  # [N] degrees, > 0 to the picture's right
    pitch: Series  # [N] degrees, > 0 down


def iris_offset(points: NDArray[np.float64]) -> tuple[Series, Series]:
    """Mean iris offset of both eyes from the middle between the corners ÷ eye width: along the eye, and below it.

    `points`: [N,14,2] px in the order of `face_track.POINTS`. Measured along the eye's own axis: the head's tilt
    does not matter.
    """
    along, below = [], []
    for outer, inner, iris in ((0, 3, 12), (6, 9, 13)):
        axis = points[:, inner] - points[:, outer]  # both run to the picture's right
        width = np.linalg.norm(axis, axis=1)
        unit = axis / np.maximum(width, 1e-9)[:, None]
        offset = (points[:, iris] - (points[:, outer] + points[:, inner]) / 2) / np.maximum(width, 1e-9)[:, None]
        along.append(np.einsum("nd,nd->n", offset, unit))
        below.append(offset[:, 1] * unit[:, 0] - offset[:, 0] * unit[:, 1])
    return np.mean(along, axis=0), np.mean(below, axis=0)


def direction(gaze_x: Series, gaze_y: Series, head_yaw: Series, head_pitch: Series) -> Gaze:
    """The eye's turn (an iris on a ball) added to the head's: looking at her with the head turned away still counts."""
    eye_yaw = np.degrees(np.arcsin(np.clip(gaze_x / EYEBALL, -1.0, 1.0)))
    eye_pitch = np.degrees(np.arcsin(np.clip(gaze_y / EYEBALL, -1.0, 1.0)))
    return Gaze(head_yaw + eye_yaw, head_pitch + eye_pitch)


def on_target(gaze: Gaze, yaw: float, pitch: float) -> NDArray[np.bool_]:
    """[N] whether the gaze lies near the person's own direction to the screen."""
    return (np.abs(gaze.yaw - yaw) < ON_TARGET[0]) & (np.abs(gaze.pitch - pitch) < ON_TARGET[1])


def fixations(t: Series, on: NDArray[np.bool_], longest_step: float = 0.5) -> Series:
    """Durations (s) of the stretches on target. A glimpse aside ends none: one picture of a slow camera, GLIMPSE else.

    Nor does a short hole in the pictures, whose time is not counted. Of a stretch that a longer one cuts nobody knows
    how long it lasted: it counts only where nothing else is known.
    """
    steps = np.diff(t)
    glimpse = max(GLIMPSE, 1.5 * float(np.median(steps))) if len(steps) else GLIMPSE
    whole: list[float] = []
    cut: list[float] = []
    start = last = None
    broken = False
    before = None
    for moment, looking in zip(t.tolist(), on.tolist(), strict=True):
        hole = 0.0 if before is None or moment - before <= longest_step else moment - before
        before = moment
        if hole > BRIDGED:
            if start is not None and last is not None:
                cut.append(last - start)
            start, last, broken = None, None, True
        elif hole and start is not None and last is not None:
            start, last = start + hole, last + hole  # as if it had not been
        if last is not None and start is not None and not looking and moment - last > glimpse + 1e-6:
            (cut if broken else whole).append(last - start)
            start, last, broken = None, None, False
        if looking:
            start = moment if start is None else start
            last = moment
        elif start is None:
            broken = False
    if start is not None and last is not None:
        (cut if broken else whole).append(last - start)
    known = [seconds for seconds in whole if seconds > 0]
    return np.array(known or [seconds for seconds in cut if seconds > 0])


def share(on: NDArray[np.bool_], weights: Series) -> float | None:
    """Share of the time on target; None without any."""
    total = float(weights.sum())
    return float(weights[on].sum()) / total if total > 0 else None


def listening_score(on: float) -> float:
    return band(on, *LISTENING_BAND)


def speaking_score(on: float) -> float:
    return band(on, *SPEAKING_BAND)


def fixation_score(seconds: Series) -> float:
    return band(float(np.median(seconds)), *FIXATION_BAND)
