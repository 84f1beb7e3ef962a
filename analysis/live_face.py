"""A face at this moment, in numbers to be shown live: where it looks, its eyes, how it sits, what it shows.

Pure; it must not know sockets or who looks. The judgement over time is face_state.py's; this only sets one picture
against the person's own baseline there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis import blink, expression, gaze
from analysis.events import ExpressionReading
from analysis.expression import Smoother
from analysis.face_state import FaceBaseline
from analysis.face_track import FaceTrack, measure
from analysis.types import FaceReading

EXPRESS_EVERY = 1 / 3  # s between two expressions by the rule
MODEL_LASTS = 2.0  # s after a model's expression in which the rule keeps silent
LEVEL = 10.0  # s over which it is learned how open the eyes usually are
LEAST_LEVEL = 2.0  # … and how much of them it takes


@dataclass(frozen=True, slots=True)
class FaceMoment:
    """One picture. Without a face everything but `t` and `faces` is None; so is what cannot be said yet."""

    t: float  # s
    faces: int
    gaze: tuple[float, float] | None = None  # degrees: yaw > 0 to the picture's right, pitch > 0 down; head and eyes
    on_screen: bool | None = None  # near the person's own direction to the screen
    ear: float | None = None  # eye aspect ratio
    closed: bool | None = None  # eyes shut, against how open they usually are
    turn: tuple[float, float, float] | None = None  # degrees: the head's yaw, pitch, roll
    place: tuple[float, float, float] | None = None  # cm: right, up, distance
    expression: ExpressionReading | None = None  # smoothed; its label is the one to show

    @property
    def found(self) -> bool:
        return self.ear is not None


class LiveFace:
    """One person's; `baseline` is how they look at the screen and sit, as far as that is known by now."""

    def __init__(self, baseline: Callable[[], FaceBaseline | None]) -> None:
        self._baseline = baseline
        self._smoother = Smoother()
        self._model = ""
        self._expressed = float("-inf")  # s, the last expression of any kind
        self._by_model = float("-inf")  # s, the last one of a model
        self._ears: deque[tuple[float, float]] = deque()

    def rule(self, reading: FaceReading) -> ExpressionReading | None:
        """The expression by the blendshape rule, three a second; None where it is not due or not to be told."""
        if reading.blendshapes is None or reading.t - self._expressed < EXPRESS_EVERY - 1e-6:
            return None
        if reading.t - self._by_model < MODEL_LASTS:
            return None
        self._expressed = reading.t
        shown = expression.of_blendshapes(reading.blendshapes)
        return expression.read(reading.t, shown, expression.RULE, reading.blendshapes)

    def express(self, reading: ExpressionReading) -> None:
        """Take an expression, a model's or the rule's."""
        self._smoother.add(reading)
        self._model, self._expressed = reading.model, reading.t
        if reading.model != expression.RULE:
            self._by_model = reading.t

    def see(self, reading: FaceReading) -> FaceMoment:
        """The moment of the newest reading."""
        if reading.landmarks is None:
            return FaceMoment(reading.t, reading.faces)
        track = measure([reading])
        if not track.found[0]:  # half out of the picture
            return FaceMoment(reading.t, reading.faces)
        ear = float(track.ear[0])
        posed = not np.isnan(track.roll[0])
        looking = gaze.direction(track.gaze_x, track.gaze_y, track.yaw, track.pitch)
        return FaceMoment(
            t=reading.t,
            faces=reading.faces,
            gaze=(float(looking.yaw[0]), float(looking.pitch[0])) if posed else None,
            on_screen=self._on_screen(looking) if posed else None,
            ear=ear,
            closed=self._closed(reading.t, ear),
            turn=_numbers(track, "yaw", "pitch", "roll") if posed else None,
            place=_numbers(track, "x", "y", "distance") if posed else None,
            expression=self._shown(reading.t),
        )

    def _on_screen(self, looking: gaze.Gaze) -> bool | None:
        own = self._baseline()
        return (
            None
            if own is None or not own.gaze_known
            else bool(gaze.on_target(looking, own.gaze_yaw, own.gaze_pitch)[0])
        )

    def _closed(self, t: float, ear: float) -> bool | None:
        self._ears.append((t, ear))
        while self._ears[0][0] < t - LEVEL:
            self._ears.popleft()
        if t - self._ears[0][0] < LEAST_LEVEL:
            return None
        usual = float(np.percentile(np.fromiter((value for _, value in self._ears), np.float64), 90))
        return ear < blink.CLOSED * usual

    def _shown(self, t: float) -> ExpressionReading | None:
        label = self._smoother.label
        if label is None or t - self._expressed > MODEL_LASTS:
            return None
        shares = self._smoother.probabilities
        return ExpressionReading(t, label, shares[label], shares, self._model)


def _numbers(track: FaceTrack, *names: str) -> tuple[float, float, float]:
    first, second, third = (float(getattr(track, name)[0]) for name in names)
    return first, second, third
