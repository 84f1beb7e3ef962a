"""Finished sound: trimmed, at one level, without clicks, at the wanted pitch; shown on tones whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from media.types import SPEECH_RATE, Wave
from persona.shaping import PEAK, faded, finish, levelled, resampled, trimmed


def tone(hertz: float, seconds: float, amplitude: float = 0.5) -> Wave:
    return (amplitude * np.cos(2 * np.pi * hertz * np.arange(round(seconds * SPEECH_RATE)) / SPEECH_RATE)).astype("f4")


def silence(seconds: float) -> Wave:
    return np.zeros(round(seconds * SPEECH_RATE), np.float32)


def frequency(wave: Wave) -> float:
    return float(np.abs(np.fft.rfft(wave)).argmax() * SPEECH_RATE / len(wave))


def test_silence_around_speech_goes_and_a_breath_of_it_stays() -> None:
    kept = trimmed(np.concatenate([silence(0.4), tone(200, 1), silence(0.7)]))
    assert 1.0 <= len(kept) / SPEECH_RATE <= 1.07


def test_silence_inside_speech_stays() -> None:
    spoken = np.concatenate([tone(200, 0.3), silence(0.3), tone(200, 0.3)])
    assert len(trimmed(spoken)) == len(spoken)


def test_nothing_but_silence_is_nothing_but_the_pause() -> None:
    assert len(trimmed(silence(1))) == 0
    assert not finish(silence(1), 0.25).any()
    assert len(finish(silence(1), 0.25)) == SPEECH_RATE // 4


@pytest.mark.parametrize("amplitude", [0.01, 0.1, 0.9])
def test_loud_and_soft_end_at_the_same_level(amplitude: float) -> None:
    assert np.sqrt(np.mean(levelled(tone(200, 1, amplitude)) ** 2)) == pytest.approx(0.1, rel=0.02)


def test_the_pauses_inside_do_not_make_speech_louder() -> None:
    spoken = np.concatenate([tone(200, 0.5), silence(2), tone(200, 0.5)])
    assert np.abs(levelled(spoken)).max() == pytest.approx(np.abs(levelled(tone(200, 1))).max(), rel=0.02)


def test_a_single_peak_never_clips() -> None:
    spoken = tone(200, 1, 0.01)
    spoken[5000] = 1.0
    assert np.abs(levelled(spoken)).max() <= PEAK + 1e-6


def test_a_cut_in_full_sound_is_no_click() -> None:
    cut = faded(tone(200, 0.5))
    assert abs(cut[0]) < 0.001
    assert abs(cut[-1]) < 0.001
    assert np.abs(np.diff(cut)).max() <= 1.05 * np.abs(np.diff(tone(200, 0.5))).max()
    assert np.array_equal(cut[200:-200], tone(200, 0.5)[200:-200])


def test_a_finished_clause_is_trimmed_levelled_faded_and_followed_by_its_pause() -> None:
    samples = finish(np.concatenate([tone(200, 1, 0.02), silence(1)]), 0.12)
    assert len(samples) / SPEECH_RATE == pytest.approx(1.12, abs=0.04)
    assert np.abs(samples[:10]).max() < 50  # the tone begins at its crest
    assert np.sqrt(np.mean((samples[2400:-6000] / 32767.0) ** 2)) == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25, 1.5])
def test_played_faster_it_is_higher_and_shorter_and_as_loud(factor: float) -> None:
    moved = resampled(tone(440, 1), factor)
    assert len(moved) == pytest.approx(SPEECH_RATE / factor, abs=1)
    assert frequency(moved) == pytest.approx(440 * factor, abs=2)
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_what_would_lie_above_half_the_rate_goes_instead_of_folding_back() -> None:
    assert np.abs(resampled(tone(11_000, 1), 1.5)[500:-500]).max() < 0.02
