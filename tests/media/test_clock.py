"""Call time: it only moves forward, and it places each track's own time without believing a late packet."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from media.clock import Clock, ManualClock, TrackClock, monotonic, wall_time


def test_a_call_begins_at_zero_and_moves_forward() -> None:
    clock = Clock()
    first, second = clock.now(), clock.now()
    assert 0 <= first <= second < 1
    assert abs(clock.began_at - wall_time()) < dt.timedelta(seconds=1)
    assert clock.began_at.tzinfo is dt.UTC
    assert monotonic() <= monotonic()


def test_a_replay_moves_its_clock_by_hand_and_never_back() -> None:
    began = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    clock = ManualClock(began)
    assert (clock.now(), clock.began_at) == (0.0, began)
    clock.advance_to(5.0)
    clock.advance_to(3.0)
    assert clock.now() == 5.0


def test_the_first_frame_anchors_a_track_and_an_earlier_one_pulls_it_back() -> None:
    track = TrackClock()
    assert track.place(0.0, 10.3) == 10.3  # this one was 300 ms late, as it turns out
    assert track.place(0.020, 10.02) == pytest.approx(10.02)
    assert track.place(0.040, 10.5) == pytest.approx(10.04)


def test_jitter_does_not_move_a_track() -> None:
    rng, track = np.random.default_rng(1), TrackClock()
    placed = [track.place(t, 5.0 + t + rng.uniform(0, 0.04)) - t for t in np.arange(0, 60, 0.02)]
    assert max(placed[200:]) - min(placed[200:]) < 0.005


@pytest.mark.parametrize("parts_per_million", [-200, 200])
def test_a_drifting_sender_is_followed(parts_per_million: int) -> None:
    track = TrackClock()
    rate = 1 + parts_per_million * 1e-6
    errors = [track.place(t * rate, t) - t for t in np.arange(0, 3600, 0.02)]
    assert max(map(abs, errors)) < 0.003


def test_a_sender_that_stood_still_is_followed_within_seconds() -> None:
    track = TrackClock()
    for t in np.arange(0, 10, 0.02):
        track.place(t, t)
    errors = [track.place(t, t + 0.5) - (t + 0.5) for t in np.arange(10, 20, 0.02)]
    assert errors[0] == pytest.approx(-0.5)
    assert errors[-1] == pytest.approx(0.0)
    assert sum(error < -0.1 for error in errors) * 0.02 <= 6.1


def test_one_late_burst_does_not_shift_what_comes_after() -> None:
    track = TrackClock()
    for t in np.arange(0, 60, 0.02):
        late = max(0.0, 30.4 - t) if t >= 30 else 0.0  # held back for 400 ms, then all at once
        assert track.place(t, t + late) == pytest.approx(t)
