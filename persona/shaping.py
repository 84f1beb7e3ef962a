"""Finishing synthesized sound: silence trimmed, level set, edges faded, pitch moved.

It must not know which engine made the sound or what it says. Waves are float32 mono at SPEECH_RATE, full scale ±1.
"""

from __future__ import annotations

import numpy as np

from media.types import SPEECH_RATE, Samples, Wave

LEVEL = 0.1  # RMS of speech, full scale 1: -20 dBFS
PEAK = 0.89  # -1 dBFS
_FRAME = SPEECH_RATE // 100  # 10 ms
_QUIET = 0.04  # of the clause's loudest frame (-28 dB): below it is silence
_KEPT = 0.025  # s kept around the speech: a plosive's onset and a vowel's decay
_FADE = 0.006  # s


def finish(wave: Wave, pause: float, *, level: float = LEVEL) -> Samples:
    """A clause ready for the wire: trimmed, at `level`, faded at both edges, then `pause` seconds of silence."""
    wave = faded(levelled(trimmed(wave), level))
    sound = np.round(wave * 32767).astype(np.int16)
    return np.concatenate([sound, np.zeros(round(pause * SPEECH_RATE), np.int16)])


def trimmed(wave: Wave) -> Wave:
    """Without the silence before and after the speech; an empty wave if there is nothing but silence."""
    loud = _frame_levels(wave)
    if not loud.size or loud.max() < 1e-4:
        return wave[:0]
    heard = np.flatnonzero(loud > _QUIET * loud.max())
    kept = round(_KEPT * SPEECH_RATE)
    return wave[max(0, heard[0] * _FRAME - kept) : (heard[-1] + 1) * _FRAME + kept]


def levelled(wave: Wave, level: float = LEVEL) -> Wave:
    """Scaled so that the RMS of its sounding frames is `level`; less where a peak would pass PEAK."""
    loud = _frame_levels(wave)
    if not loud.size or not loud.max():
        return wave
    sounding = loud[loud > 0.1 * loud.max()]
    gain = level / float(np.sqrt(np.mean(sounding**2)))
    return (wave * min(gain, PEAK / float(np.abs(wave).max()))).astype(np.float32)


def faded(wave: Wave) -> Wave:
    """Raised-cosine fades at both edges, so that a cut is no click."""
    length = min(round(_FADE * SPEECH_RATE), len(wave) // 2)
    if not length:
        return wave
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
    wave = wave.copy()
    wave[:length] *= ramp
    wave[-length:] *= ramp[::-1]
    return wave


def resampled(wave: Wave, factor: float) -> Wave:
    """Played `factor` times as fast: pitch and formants × factor, length ÷ factor (band-limited, in the spectrum)."""
    length = round(len(wave) / factor)
    if length == len(wave) or length < 2:
        return wave
    spectrum = np.fft.rfft(wave)
    wanted = np.zeros(length // 2 + 1, spectrum.dtype)
    shared = min(len(spectrum), len(wanted))
    wanted[:shared] = spectrum[:shared]
    return (np.fft.irfft(wanted, length) * (length / len(wave))).astype(np.float32)


def _frame_levels(wave: Wave) -> Wave:
    """RMS of each whole 10 ms frame."""
    frames = wave[: len(wave) // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels: Wave = np.sqrt(np.mean(frames**2, axis=1)).astype(np.float32)
    return levels
