"""Looking at the screen and away from it, with the eyes or with the head, while listening and while speaking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import gaze
from analysis.face_state import FaceState, baseline_of, face_scores
from analysis.face_track import measure
from analysis.types import FaceReading
from media.types import Span
from tests.analysis.faces import face, film, noisy

HEARD = [Span(10.0, 40.0), Span(60.0, 90.0)]
SAID = [Span(40.0, 60.0), Span(90.0, 110.0)]


def aside(*spans: tuple[float, float]):
    """The iris far aside during these spans."""
    return lambda t: (0.2, 0.0) if any(a <= t < b for a, b in spans) else (0.0, 0.0)


def scores(readings: list[FaceReading], **more: object):
    return face_scores(measure(readings), listening=HEARD, speaking=SAID, **more)


def test_the_iris_is_measured_along_the_eye_however_the_head_is_tilted() -> None:
    offsets = np.linspace(-0.22, 0.22, 9)
    track = measure([face(float(k), iris=(x, 0.05)) for k, x in enumerate(offsets)])
    assert track.gaze_x == pytest.approx(offsets, abs=1e-4)
    assert track.gaze_y == pytest.approx(np.full(9, 0.05), abs=1e-4)
    points = np.random.default_rng(0).uniform(100, 200, (1, 14, 2))
    turned = points @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert np.concatenate(gaze.iris_offset(turned)) == pytest.approx(np.concatenate(gaze.iris_offset(points)))


def test_eyes_that_make_up_for_the_head_still_look_at_her() -> None:
    offset = gaze.EYEBALL * np.sin(np.radians(-20))
    track = measure([face(0.0, yaw=20.0, iris=(offset, 0.0)), face(1.0, yaw=20.0)])
    looking = gaze.direction(track.gaze_x, track.gaze_y, track.yaw, track.pitch)
    assert gaze.on_target(looking, 0.0, 0.0).tolist() == [True, False]


def test_a_steady_listener_is_stable_and_a_wandering_one_is_not() -> None:
    steady = scores(film(110, iris=lambda t: (0.0, 0.0) if t % 7 > 0.7 else (0.2, 0.0)))["gaze_stability"]
    wandering = scores(film(110, iris=aside((12, 38), (62, 88))))["gaze_stability"]
    assert steady.value is not None
    assert steady.value > 85
    assert wandering.value is not None
    assert wandering.value < 45


def test_looking_away_to_think_while_speaking_is_forgiven() -> None:
    away = scores(film(110, iris=aside((42, 51), (92, 101))))
    assert away["gaze_speaking"].value == 100
    assert away["gaze_listening"].value is not None
    assert away["gaze_listening"].value >= 80  # she is looked at without pause: a little much


def test_the_moment_of_looking_away_is_shown() -> None:
    moment, kept = scores(film(110, iris=aside((15, 25), (70, 74))))["gaze_listening"].evidence
    assert (moment.t0, moment.t1) == pytest.approx((15, 25), abs=0.2)
    assert (moment.tip_id, moment.direction) == ("gaze", "improve")
    assert (kept.direction, kept.tip_id) == ("good", None)
    assert kept.t1 - kept.t0 > 15


def test_ones_own_baseline_makes_up_for_a_camera_beside_the_screen() -> None:
    beside = scores(film(110, yaw=18.0, pitch=9.0))["gaze_stability"]
    ahead = scores(film(110))["gaze_stability"]
    assert beside.value == pytest.approx(ahead.value, abs=1)


def test_a_calibration_counts_more_than_the_first_seconds() -> None:
    readings = film(110, yaw=lambda t: 0.0 if t >= 10 else 40.0)  # at first she looks at something else
    lost = scores(readings)["gaze_listening"]
    known = scores(readings, calibration=[Span(10.0, 13.0)])["gaze_listening"]
    assert lost.value == 0
    assert known.value is not None
    assert known.value > 80
    assert known.confidence > lost.confidence
    baseline = baseline_of(measure(readings), [Span(200.0, 203.0)])  # a calibration that saw no face
    assert baseline is not None
    assert not baseline.calibrated


def test_noise_of_the_landmarker_moves_no_score() -> None:
    shaky, still = noisy(1, 0.006), scores(film(110))
    noise = scores(film(110, iris=lambda t: (shaky(t), shaky(t)), yaw=noisy(2, 0.2), pitch=noisy(3, 0.36)))
    for name in ("gaze_stability", "posture"):
        assert noise[name].value == pytest.approx(still[name].value, abs=1)


def test_blinks_are_no_looking_down() -> None:
    """The iris mark falls with the lid."""
    closed = lambda t: t % 2.5 < 0.25  # noqa: E731
    blinks = scores(film(110, ear=lambda t: 0.05 if closed(t) else 0.3, iris=lambda t: (0, 0.3 if closed(t) else 0)))
    assert blinks["gaze_stability"].value == pytest.approx(scores(film(110))["gaze_stability"].value, abs=1)


@pytest.mark.parametrize("keep", [2, 3])
def test_dropped_pictures_lower_the_confidence_and_not_the_score(keep: int) -> None:
    whole = film(110, iris=aside((15, 20), (44, 50)))
    some = [one for number, one in enumerate(whole) if number % keep == 0]
    gone = [one for one in whole if not 62 < one.t < 80]
    for fewer in (some, gone):
        for name in ("gaze_listening", "posture", "presence"):
            assert scores(fewer)[name].value == pytest.approx(scores(whole)[name].value, abs=8)
    assert scores(gone)["gaze_listening"].confidence < scores(whole)["gaze_listening"].confidence


def test_an_hour_later_and_pictures_twice_give_the_same() -> None:
    readings = film(110, iris=aside((15, 20), (44, 50)))
    first = scores(readings)
    later = film(110, start=3600.0, iris=aside((15, 20), (44, 50)))
    shifted = (
        [Span(span.start + 3600, span.end + 3600) for span in HEARD],
        [Span(s.start + 3600, s.end + 3600) for s in SAID],
    )
    second = face_scores(measure(later), listening=shifted[0], speaking=shifted[1])
    third = scores([*readings, *readings])
    for name, score in first.items():
        if score.value is not None:
            assert second[name].value == pytest.approx(score.value, abs=1), name
            assert third[name].value == pytest.approx(score.value, abs=1), name


def test_half_a_minute_of_face_is_the_least() -> None:
    few = scores(film(25))
    assert {few[name].reason for name in ("gaze_stability", "posture", "smile")} == {"too_little_face"}


def test_a_call_in_which_nobody_spoke_has_no_gaze_score() -> None:
    quiet = face_scores(measure(film(60)), listening=[], speaking=[])
    assert quiet["gaze_stability"].value is None
    assert quiet["posture"].value is not None


def test_running_scores_are_those_of_the_whole() -> None:
    state, readings = FaceState(), film(110, iris=aside((15, 20)))
    for number, reading in enumerate(readings):
        state.add(reading)
        if number % 100 == 0:
            state.track()
    assert state.scores(HEARD, SAID) == scores(readings)
    assert len(state.recent(100.0, 10.0)) == pytest.approx(150, abs=1)


def test_a_face_half_out_of_the_picture_is_not_measured_and_costs_nothing() -> None:
    """What lies beyond the edge the landmarker only guesses."""
    whole = film(110)
    half = [cut(one) if 62 <= one.t < 90 else one for one in film(110, roll=lambda t: 40.0 if 62 <= t < 90 else 0.0)]
    track = measure(half)
    assert not track.found[(track.t >= 62) & (track.t < 90)].any()
    for name in ("gaze_stability", "posture"):
        assert scores(half)[name].value == pytest.approx(scores(whole)[name].value, abs=1), name
        assert scores(half)[name].confidence < scores(whole)[name].confidence, name


def cut(reading: FaceReading) -> FaceReading:
    """Three in ten of its landmarks beyond the picture's left edge."""
    marks = reading.landmarks.copy()
    marks[np.arange(len(marks)) % 10 < 3, 0] = -0.1
    return replace(reading, landmarks=marks)


def _looks(rate: float, seconds: float = 60.0, period: float = 5.0, aside: float = 1.0):
    """Times (s) of pictures and whether they look: `period` s on target, `aside` s away, over and over."""
    t = np.arange(0.0, seconds, 1 / rate)
    return t, (t % (period + aside)) < period


@pytest.mark.parametrize("rate", [5.0, 10.0, 30.0])
def test_a_slow_camera_sees_fixations_as_long_as_a_fast_one(rate: float) -> None:
    t, on = _looks(rate)
    assert np.median(gaze.fixations(t, on)) == pytest.approx(5.0, abs=0.25)


def test_one_noisy_picture_of_a_slow_camera_ends_no_fixation() -> None:
    t, on = _looks(5.0)
    on[10::30] = False
    assert np.median(gaze.fixations(t, on)) == pytest.approx(5.0, abs=0.25)


@pytest.mark.parametrize("hole", [0.8, 1.5, 3.0])
def test_holes_in_the_pictures_never_shorten_the_median_fixation(hole: float) -> None:
    """One in the middle of every second stretch, whose time is lost."""
    t, on = _looks(15.0, 120.0)
    whole = np.median(gaze.fixations(t, on))
    there = ~((t % 12.0 > 2.0) & (t % 12.0 < 2.0 + hole))
    assert np.median(gaze.fixations(t[there], on[there])) >= whole - max(hole, 0.1) * (hole <= gaze.BRIDGED)
    assert gaze.fixation_score(gaze.fixations(t[there], on[there])) >= gaze.fixation_score(np.array([whole])) - 1


def test_where_every_stretch_is_cut_what_was_seen_of_them_is_all_there_is() -> None:
    t, on = _looks(15.0, 60.0, period=60.0, aside=0.0)
    there = (t % 10.0) < 6.0
    assert gaze.fixations(t[there], on[there]) == pytest.approx(np.full(6, 5.93), abs=0.1)
