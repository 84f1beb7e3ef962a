"""Blinks on schedules that are known: counted at any fair frame rate, not claimed at an unfair one."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import blink
from analysis.face_track import measure
from tests.analysis.faces import blinking, film, nobody

SCHEDULE = [2.3 + 3.1 * k + 0.37 * (k % 3) for k in range(18)]  # 18 in 60 s


def found(readings: list) -> blink.Blinks:
    track = measure(readings)
    return blink.find(track.t, track.ear)


@pytest.mark.parametrize("rate", [12, 15, 24, 30])
def test_9_a_minute_of_blinks_is_counted(rate: int) -> None:
    blinks = found(film(62, rate, ear=blinking(SCHEDULE)))
    assert len(blinks.spans) == pytest.approx(18, abs=1)
    assert blinks.watched == pytest.approx(62, abs=0.5)
    assert blink.score(blinks).value == 100
    assert blinks.spans[0].start == pytest.approx(2.3, abs=0.1)
    assert blinks.spans[0].seconds == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("rate", [5, 8, 10])
def test_9_at_a_low_frame_rate_nothing_is_claimed(rate: int) -> None:
    score = blink.score(found(film(120, rate, ear=blinking(SCHEDULE))))
    assert (score.value, score.reason) == (None, "low_frame_rate")


def test_the_slow_part_of_a_call_costs_only_itself() -> None:
    fast = film(70, 15, ear=blinking(SCHEDULE))
    slow = film(70, 5, start=70.0, ear=blinking(SCHEDULE))
    whole, alone = blink.score(found(fast + slow)), blink.score(found(fast))
    assert whole.value == pytest.approx(alone.value, abs=1)
    assert found(fast + slow).too_slow > 55


def test_under_a_minute_nothing_is_claimed() -> None:
    assert blink.score(found(film(50, 15, ear=blinking(SCHEDULE)))).reason == "too_little_face"


def test_eyes_kept_closed_and_eyes_lowered_are_no_blinks() -> None:
    assert found(film(62, 15, ear=blinking([10, 30], lasts=1.5))).spans == ()


def test_the_landmarkers_noise_is_no_blink() -> None:
    noise = np.random.default_rng(3)
    assert found(film(62, 30, ear=lambda _: 0.30 + noise.normal(0, 0.008))).spans == ()


def test_narrow_eyes_blink_like_wide_ones() -> None:
    narrow = blinking(SCHEDULE, closed=0.03)
    assert len(found(film(62, 15, ear=lambda t: narrow(t) * 0.55)).spans) == pytest.approx(18, abs=1)


def test_a_hole_in_the_pictures_is_no_blink_and_no_time() -> None:
    readings = [one for one in film(80, 15, ear=blinking([20.0])) if not 19.9 < one.t < 30.0]
    blinks = found(readings)
    assert blinks.spans == ()
    assert blinks.watched == pytest.approx(70, abs=0.5)


def test_a_face_that_is_gone_is_no_closed_eye() -> None:
    readings = [nobody(one.t) if 10 < one.t < 10.3 else one for one in film(62, 15)]
    assert found(readings).spans == ()


def test_pictures_seen_twice_count_once() -> None:
    readings = film(62, 15, ear=blinking(SCHEDULE))
    assert len(found([*readings, *readings]).spans) == len(found(readings).spans)


def test_a_stare_and_a_flutter_are_both_worse_than_ease() -> None:
    ease, stare = found(film(62, 15, ear=blinking(SCHEDULE))), found(film(62, 15, ear=blinking([30.0])))
    flutter = found(film(62, 15, ear=blinking(np.arange(1, 60, 1.1))))
    assert blink.score(ease).value == 100
    assert blink.score(stare).value == 0
    assert blink.score(flutter).value < 50
