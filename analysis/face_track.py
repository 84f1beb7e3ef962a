"""A face over time: a row of measures for every picture, made of the landmarker's readings.

Pure arrays; it must not know scores. A picture without a face has NaN in every measure and is never taken for a bad
one; time that no picture covers (dropped pictures, a lost network, a muted camera) has no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from analysis.blink import eye_aspect_ratio
from analysis.face_crop import OUTSIDE
from analysis.gaze import iris_offset
from analysis.head_pose import head_pose
from analysis.types import FaceReading
from media.types import Span, Wave

Series = NDArray[np.float64]

EVERY = 8  # of the landmarks are enough to tell how much of a face is in the picture
LONGEST_STEP = 0.5  # s that one picture may speak for
ABSENT = 5.0  # s without a face after which it is no absence but a camera covered, muted or left behind


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """N pictures in the order of time."""

    t: Series  # [N] s
    found: NDArray[np.bool_]  # [N]
    faces: NDArray[np.int64]  # [N] how many were seen
    ear: Series  # [N] eye aspect ratio, mean of both eyes
    gaze_x: Series  # [N] iris offset ÷ eye width, > 0 to the picture's right
    gaze_y: Series  # [N] … > 0 down
    yaw: Series  # [N] degrees
    pitch: Series  # [N] degrees
    roll: Series  # [N] degrees
    x: Series  # [N] cm
    y: Series  # [N] cm
    distance: Series  # [N] cm
    smile: Series  # [N] 0–1, mean of both corners
    squint: Series  # [N] 0–1

    def __len__(self) -> int:
        return len(self.t)

    def where(self, chosen: NDArray[np.bool_]) -> FaceTrack:
        """The chosen rows."""
        return FaceTrack(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})

    def weights(self) -> Series:
        """[N] seconds that each picture speaks for: until the next, .5 s at most; a picture seen again has none."""
        if not len(self.t):
            return np.zeros(0)
        steps = np.diff(self.t, append=self.t[-1] + min(LONGEST_STEP, _usual_step(self.t)))
        return np.clip(steps, 0.0, LONGEST_STEP)

    def seen(self) -> float:
        """Seconds with a face."""
        return float(self.weights()[self.found].sum())

    def during(self, spans: Sequence[Span]) -> NDArray[np.bool_]:
        """[N] whether each picture lies in one of the spans."""
        inside = np.zeros(len(self.t), np.bool_)
        for span in spans:
            inside[np.searchsorted(self.t, span.start) : np.searchsorted(self.t, span.end)] = True
        return inside

    def watched(self) -> NDArray[np.bool_]:
        """[N] whether the camera was on the person's place: not in a stretch of `ABSENT` s and more without a face.

        A muted camera sends black pictures, which hold no face either; so a long absence says nothing.
        """
        watched = np.ones(len(self.t), np.bool_)
        edges = np.flatnonzero(np.diff(np.concatenate(([True], self.found, [True])).astype(np.int8)))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            until = self.t[last] if last < len(self.t) else self.t[-1] + _usual_step(self.t)
            if until - self.t[first] >= ABSENT:
                watched[first:last] = False
        return watched


def measure(readings: Sequence[FaceReading]) -> FaceTrack:
    """The track of readings in any order."""
    readings = sorted(readings, key=lambda reading: reading.t)
    found = _found(readings)
    there = [reading for reading, whole in zip(readings, found, strict=True) if whole]
    size = len(readings)

    def column(values: Series) -> Series:
        full = np.full(size, np.nan)
        full[found] = values
        return full

    empty = np.full(len(there), np.nan)
    ear, gaze_x, gaze_y, smile, squint = empty, empty, empty, empty, empty
    yaw = pitch = roll = x = y = distance = empty
    if there:
        points = _points(there)
        ear = eye_aspect_ratio(points)
        gaze_x, gaze_y = iris_offset(points)
        smile, squint = _shapes(there, "mouthSmile"), _shapes(there, "eyeSquint")
        nowhere = np.full((4, 4), np.nan, np.float32)
        pose = head_pose(np.stack([nowhere if one.matrix is None else one.matrix for one in there]))
        yaw, pitch, roll, distance = pose.yaw, pose.pitch, pose.roll, pose.distance
        x, y = pose.place[:, 0], pose.place[:, 1]
    return FaceTrack(
        t=np.array([reading.t for reading in readings], np.float64),
        found=found,
        faces=np.array([reading.faces for reading in readings], np.int64),
        ear=column(ear), gaze_x=column(gaze_x), gaze_y=column(gaze_y),
        yaw=column(yaw), pitch=column(pitch), roll=column(roll),
        x=column(x), y=column(y), distance=column(distance),
        smile=column(smile), squint=column(squint),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceStretch:
    """A few seconds of a face, as a call keeps them: 56 bytes a picture in place of its landmarks."""

    values: Wave = field(repr=False, compare=False)  # [N,14]: the fields of FaceTrack in their order

    @staticmethod
    def of(track: FaceTrack) -> FaceStretch:
        """To float32: .0002 s in an hour and five digits of every measure, far below the noise of a picture."""
        return FaceStretch(np.stack([getattr(track, one.name) for one in fields(track)], axis=1).astype(np.float32))

    @property
    def t(self) -> float:
        """s, of its last picture."""
        return float(self.values[-1, 0])

    @property
    def track(self) -> FaceTrack:
        columns = dict(zip((one.name for one in fields(FaceTrack)), self.values.T.astype(np.float64), strict=True))
        return FaceTrack(**{**columns, "found": columns["found"] > 0, "faces": columns["faces"].astype(np.int64)})


def join(tracks: Sequence[FaceTrack]) -> FaceTrack:
    """One track of consecutive ones."""
    return FaceTrack(**{f.name: np.concatenate([getattr(one, f.name) for one in tracks]) for f in fields(FaceTrack)})


POINTS = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 468, 473)  # both eyes and irises


def _found(readings: Sequence[FaceReading]) -> NDArray[np.bool_]:
    """[N] whether there is a face, and not half out of the picture: what lies beyond the edge is guessed."""
    found = np.array([reading.landmarks is not None for reading in readings], np.bool_)
    if found.any():
        marks = np.stack([one.landmarks[::EVERY, :2] for one in readings if one.landmarks is not None])
        found[found] = ((marks < 0) | (marks > 1)).any(axis=2).mean(axis=1) <= OUTSIDE
    return found


def _points(readings: Sequence[FaceReading]) -> NDArray[np.float64]:
    """[N,14,2] px: `POINTS` of each reading."""
    chosen = np.array(POINTS)
    marks = np.stack([one.landmarks[chosen, :2] for one in readings if one.landmarks is not None]).astype(np.float64)
    sizes = np.array([(one.width, one.height) for one in readings], np.float64)
    return marks * sizes[:, None, :]


def _shapes(readings: Sequence[FaceReading], name: str) -> Series:
    """[N] mean of the left and right blendshape."""
    left, right = name + "Left", name + "Right"
    return np.array(
        [
            np.nan if one.blendshapes is None else (one.blendshapes[left] + one.blendshapes[right]) / 2
            for one in readings
        ]
    )


def _usual_step(t: Series) -> float:
    steps = np.diff(t)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else LONGEST_STEP
