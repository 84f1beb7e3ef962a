"""Which stretches of time show a score: the longest ones, none across a hole, none too short to see."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.face_moments import longest, moments

T = np.arange(0, 60, 1 / 15)


def test_the_longest_stretch_of_each_kind_is_shown() -> None:
    good = ~(((T > 10) & (T < 12)) | ((T > 30) & (T < 40)))
    bad, fine = moments("gaze_listening", T, good, tip_id="gaze")
    assert (bad.t0, bad.t1, bad.value) == pytest.approx((30, 40, 10), abs=0.2)
    assert (fine.t0, fine.t1) == pytest.approx((40, 60), abs=0.2)
    assert (bad.direction, fine.direction, fine.tip_id) == ("improve", "good", None)


def test_a_glimpse_is_no_moment() -> None:
    assert [one.direction for one in moments("presence", T, ~((T > 10) & (T < 12)))] == ["good"]


def test_what_lasts_the_whole_call_is_no_moment() -> None:
    assert moments("presence", T, T >= 0) == ()
    assert [one.direction for one in moments("presence", T, T < 0)] == ["improve"]


def test_nothing_is_claimed_across_a_hole() -> None:
    seen = T[(T < 20) | (T > 27)]
    span = longest(seen, np.ones(len(seen), np.bool_))
    assert span is not None
    assert (span.start, span.end) == pytest.approx((27, 60), abs=0.2)


def test_without_pictures_there_is_no_moment() -> None:
    assert longest(np.zeros(0), np.zeros(0, np.bool_)) is None
    assert moments("smile", np.zeros(0), np.zeros(0, np.bool_)) == ()


def test_a_moments_value_is_the_measures_median() -> None:
    tilt = np.where((T > 10) & (T < 20), 15.0, 0.0)
    bad, _ = moments("posture_roll", T, tilt < 8, tilt)
    assert bad.value == 15
