"""Sitting upright, leaning, coming close, swaying: each against one's own way of sitting. And being there at all."""

from __future__ import annotations

import math

import pytest

from analysis.face_state import FACE_SCORES, face_scores
from analysis.face_track import measure
from media.types import Span
from tests.analysis.faces import film, nobody

HEARD = [Span(0.0, 30.0)]


def scores(readings: list, **more: object):
    return face_scores(measure(readings), listening=HEARD, speaking=[], **more)


def test_sitting_as_one_began_is_the_best_posture() -> None:
    assert scores(film(60, roll=3.0, pitch=8.0))["posture"].value == 100


@pytest.mark.parametrize(
    ("how", "part", "at_most"),
    [
        ({"roll": lambda t: 25.0 if t > 15 else 0.0}, "posture_roll", 30),
        ({"pitch": lambda t: 30.0 if t > 15 else 0.0}, "posture_pitch", 30),
        ({"place": lambda t: (0.0, 0.0, -30.0 if t > 15 else -60.0)}, "posture_distance", 30),
        ({"place": lambda t: (6 * math.sin(4 * t), 0.0, -60.0)}, "posture_sway", 10),
    ],
)
def test_what_is_wrong_is_the_part_that_falls(how: dict, part: str, at_most: float) -> None:
    found = scores(film(60, **how))
    others = [f"posture_{name}" for name in ("roll", "pitch", "distance", "sway") if f"posture_{name}" != part]
    assert found[part].value is not None
    assert found[part].value <= at_most
    assert all((found[name].value or 0) > 95 for name in others)
    assert found["posture"].value < 95


def test_a_little_is_free() -> None:
    assert scores(film(60, roll=lambda t: 7.0 if t > 15 else 0.0))["posture_roll"].value == 100


def test_a_slow_change_of_seat_is_no_swaying() -> None:
    assert scores(film(60, place=lambda t: (t / 6, 0.0, -60.0)))["posture_sway"].value > 90


def test_who_leaves_now_and_then_is_less_present() -> None:
    there = film(90)
    here = scores(there)["presence"]
    fleeting = scores([nobody(one.t) if one.t % 10 > 6 else one for one in there])["presence"]
    assert here.value == 100
    assert fleeting.value < 60


def test_a_muted_camera_is_not_an_absence() -> None:
    """It sends black pictures, in which there is no face either."""
    there = film(120)
    muted = scores([nobody(one.t) if 50 < one.t < 90 else one for one in there])
    whole = scores(there)
    for name in ("presence", "posture", "gaze_listening"):
        assert muted[name].value == pytest.approx(whole[name].value, abs=1), name
    assert muted["posture"].confidence < whole["posture"].confidence


def test_no_camera_and_no_face_are_told_apart() -> None:
    for readings, reason in (([], "no_camera"), ([nobody(k / 15) for k in range(900)], "no_face")):
        found = scores(readings)
        assert set(found) == set(FACE_SCORES)
        assert {score.reason for score in found.values()} == {reason}
        assert {score.value for score in found.values()} == {None}


def test_somebody_else_in_the_picture_widens_the_doubt() -> None:
    alone, two = scores(film(60))["posture"], scores(film(60, faces=2))["posture"]
    assert two.value == alone.value
    assert two.confidence < alone.confidence


def test_smiling_while_listening_is_counted_and_a_calm_face_is_not_nothing() -> None:
    calm, warm = scores(film(60))["smile"], scores(film(60, smile=lambda t: 0.6 if t % 10 < 4 else 0.0))["smile"]
    assert calm.value == 25
    assert warm.value == 100
