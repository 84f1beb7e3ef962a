"""A face at this moment: the numbers of made-up faces whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.events import Calibrated, ExpressionReading
from analysis.expression import RULE
from analysis.face_state import FaceState
from analysis.live_face import FaceMoment, LiveFace
from analysis.readings import EMOTIONS
from analysis.types import FaceReading
from media.types import Span
from tests.analysis.faces import blinking, face, film, nobody


def shown(readings: list[FaceReading], state: FaceState | None = None) -> list[FaceMoment]:
    state = state or FaceState()
    live = LiveFace(lambda: state.baseline)
    moments = []
    for reading in readings:
        state.add(reading)
        if (found := live.rule(reading)) is not None:
            live.express(found)
        moments.append(live.see(reading))
    return moments


def test_the_pose_and_the_gaze_are_those_of_the_picture():
    [moment] = shown([face(0.0, yaw=10.0, pitch=-5.0, roll=3.0, place=(2.0, -1.0, -55.0))])
    assert moment.turn == pytest.approx((10.0, -5.0, 3.0), abs=0.1)
    assert moment.place == pytest.approx((2.0, -1.0, 55.0), abs=0.1)
    assert moment.gaze == pytest.approx((10.0, -5.0), abs=0.2)


def test_looking_away_from_where_one_usually_looks_is_off_the_screen():
    own = 8.0  # degrees: the camera stands aside
    moments = shown(film(14, yaw=lambda t: own if t < 12 else own + 25))
    assert moments[0].on_screen is None
    assert all(moment.on_screen for moment in moments if 2 < moment.t < 12)
    assert not any(moment.on_screen for moment in moments if moment.t > 12)


def test_a_calibration_that_comes_later_sets_the_direction_anew():
    state = FaceState()
    live = LiveFace(lambda: state.baseline)
    for reading in film(30, 5.0, yaw=lambda t: 0.0 if t < 24 else 20.0):
        state.add(reading)
        moment = live.see(reading)
    assert moment.on_screen is False
    state.calibration.append(Calibrated(Span(25.0, 29.0)).span)
    later = face(30.1, yaw=20.0)
    state.add(later)
    assert live.see(later).on_screen is True


def test_closed_eyes_are_told_from_open_ones_once_it_is_known_how_open_they_are():
    moments = shown(film(8, ear=blinking([0.5, 5.0])))
    assert all(moment.closed is None for moment in moments if moment.t < 1.9)
    assert [round(moment.t, 1) for moment in moments if moment.closed] == [5.0, 5.1, 5.1]


def test_a_smile_is_joy_by_the_rule_and_a_model_is_believed_instead():
    moments = shown(film(4, smile=0.8))
    assert moments[-1].expression is not None
    assert (moments[-1].expression.label, moments[-1].expression.model) == ("기쁨", RULE)
    live = LiveFace(lambda: None)
    sad = {emotion: float(emotion == "슬픔") for emotion in EMOTIONS}
    for reading in film(3, smile=0.8):
        live.express(ExpressionReading(reading.t, "슬픔", 1.0, sad, "a-model"))
        assert live.rule(reading) is None
    last = live.see(face(3.0, smile=0.8)).expression
    assert last is not None
    assert (last.label, last.model) == ("슬픔", "a-model")


def test_without_a_face_nothing_is_claimed_and_an_old_expression_fades():
    moments = shown([*film(3), nobody(3.0), face(9.0)])
    assert moments[-2] == FaceMoment(3.0, 0)
    assert not moments[-2].found
    live = LiveFace(lambda: None)
    happy = {emotion: float(emotion == "기쁨") for emotion in EMOTIONS}
    live.express(ExpressionReading(0.0, "기쁨", 1.0, happy, "a-model"))
    assert live.see(face(1.0)).expression is not None
    assert live.see(face(9.0)).expression is None


def test_a_face_without_pose_or_blendshapes_still_has_eyes():
    made = face(1.0)
    bare = FaceReading(1.0, made.width, made.height, made.landmarks, None, None, 1)
    [moment] = shown([bare])
    assert moment.found
    assert moment.ear == pytest.approx(0.30, abs=0.01)
    assert (moment.gaze, moment.on_screen, moment.turn, moment.place, moment.expression) == (None,) * 5
    assert not np.isnan(moment.ear)
