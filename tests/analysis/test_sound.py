"""Frames and cuts: no sample is lost, moved or invented without being marked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sound import Frame, Framer, Recent
from media.types import HEARING_RATE, AudioChunk, Span


def chunk(start: float, samples: int, value: float = 0.5, lost: bool = False) -> AudioChunk:
    return AudioChunk(start, np.full(samples, value, np.float32), lost)


@given(st.lists(st.integers(1, 1500), min_size=1, max_size=30))
def test_frames_carry_the_chunks_samples_on_in_order(lengths: list[int]) -> None:
    wave = np.arange(sum(lengths), dtype=np.float32)
    framer, frames, at = Framer(512), [], 0
    for length in lengths:
        frames += framer.push(AudioChunk(3.0 + at / HEARING_RATE, wave[at : at + length]))
        at += length
    assert len(frames) == at // 512
    for index, frame in enumerate(frames):
        assert np.array_equal(frame.samples, wave[index * 512 : (index + 1) * 512])
        assert frame.start == pytest.approx(3.0 + index * 0.032, abs=1e-6)
        assert not frame.lost


def test_a_jump_in_time_becomes_lost_sound_of_that_length() -> None:
    framer = Framer(512)
    frames = [*framer.push(chunk(0.0, 1024)), *framer.push(chunk(0.064 + 0.32, 1024))]
    assert [frame.lost for frame in frames] == [False] * 2 + [True] * 10 + [False] * 2
    assert frames[-1].end == pytest.approx(0.064 + 0.32 + 0.064)


def test_a_long_absence_is_not_filled_whole() -> None:
    framer = Framer(512)
    frames = [*framer.push(chunk(0.0, 512)), *framer.push(chunk(600.0, 512))]
    assert sum(frame.lost for frame in frames) == pytest.approx(2.0 / 0.032, abs=1)
    assert frames[-1].end == pytest.approx(600.032, abs=0.04)


def test_a_frame_is_lost_when_most_of_it_is() -> None:
    framer = Framer(512)
    frames = [*framer.push(chunk(0.0, 320)), *framer.push(chunk(0.02, 320, lost=True)), *framer.push(chunk(0.04, 384))]
    assert [frame.lost for frame in frames] == [False, False]
    framer = Framer(512)
    frames = [*framer.push(chunk(0.0, 200)), *framer.push(chunk(0.0125, 312, lost=True))]
    assert [frame.lost for frame in frames] == [True]


def test_a_cut_is_exact_to_the_sample_and_bounded_by_what_is_kept() -> None:
    recent, wave = Recent(), np.arange(5120, dtype=np.float32)
    for index in range(10):
        recent.append(Frame(1.0 + index * 0.032, wave[index * 512 : (index + 1) * 512]))
    assert np.array_equal(recent.cut(Span(1.05, 1.15)), wave[800:2400])
    recent.forget_before(1.064)
    assert np.array_equal(recent.cut(Span(0.0, 1.1)), wave[1024:1600])
    assert len(recent.cut(Span(5.0, 6.0))) == 0


def test_gaps_are_joined_and_cut_to_the_span() -> None:
    recent = Recent()
    for index in range(10):
        recent.append(Frame(index * 0.032, np.zeros(512, np.float32), lost=index in (2, 3, 4, 8)))
    gaps = recent.gaps(Span(0.08, 0.3))
    assert [(gap.start, gap.end) for gap in gaps] == [pytest.approx((0.08, 0.16)), pytest.approx((0.256, 0.288))]
