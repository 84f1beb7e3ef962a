"""How fast somebody speaks: syllables of the text over the time it took, and syllable nuclei of the sound beside it.

Pure; it must not know pitch statistics or scores. Norm: Korean adults say 252.9 ± 40.9 syllables a minute in talk
(Journal of Speech Sciences 9(4), 2002).
"""

from __future__ import annotations

import re

import numpy as np

from analysis.hangul import syllables
from analysis.numerals import spell_out
from analysis.pitch import HOP_SECONDS
from analysis.voicing import Frames
from media.types import HEARING_RATE, Wave

AGREES = (0.7, 1.3)  # nuclei ÷ syllables within which text and sound tell the same story
_STEP = 160  # samples, 10 ms
_WINDOW = 512  # samples
_BAND = (300.0, 3500.0)  # Hz: where vowels are
_DIP = 0.6  # dB a nucleus must rise over the valleys beside it
_RANGE = 25.0  # dB below the loudest within which nuclei lie


def spoken_syllables(text: str) -> int | None:
    """Hangul syllables as read aloud, digits and Latin spelled out. None where the text is mostly not Korean."""
    letters = re.findall(r"[^\W\d_]", text)
    hangul = syllables(text)
    if letters and hangul < 0.5 * len(letters):
        return None
    return syllables(spell_out(text)) or None


def nuclei(samples: Wave, frames: Frames) -> int | None:
    """Syllable nuclei: voiced peaks of the vowels' energy (after de Jong & Wempe 2009). None without speech."""
    if frames.extent is None or len(samples) < 4 * _WINDOW:
        return None
    pieces = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_STEP]
    spectrum = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    hz = np.fft.rfftfreq(_WINDOW, 1 / HEARING_RATE)
    energy = spectrum[:, (hz >= _BAND[0]) & (hz <= _BAND[1])].sum(axis=1)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 1.0) ** 2)
    contour = 10.0 * np.log10(np.convolve(energy, kernel / kernel.sum(), "same") + 1e-12)
    at = np.minimum(
        (np.arange(len(contour)) * _STEP + _WINDOW / 2) / HEARING_RATE / HOP_SECONDS, len(frames.voiced) - 1
    )
    voiced = frames.voiced[at.astype(int)]
    if not voiced.any():
        return 0
    return _peaks(contour, voiced, np.percentile(contour[voiced], 98) - _RANGE)


def _peaks(contour: np.ndarray[tuple[int], np.dtype[np.float64]], voiced: np.ndarray[tuple[int], np.dtype[np.bool_]],
           floor: float) -> int:  # fmt: skip
    """Peaks above `floor` in voiced places, with a dip of at least `_DIP` dB between one and the next."""
    count, valley, peak, peak_voiced = 0, float(contour[0]), -np.inf, False
    for value, voice in zip(contour, voiced, strict=True):
        if value > peak:
            peak, peak_voiced = value, bool(voice)
        if peak - value >= _DIP:  # the top is behind us: was it one?
            count += peak - valley >= _DIP and peak_voiced and peak >= floor
            valley, peak = value, value
            peak_voiced = bool(voice)
        elif value < valley:
            valley = value
            peak, peak_voiced = value, bool(voice)
    return int(count + (peak - valley >= _DIP and peak_voiced and peak >= floor))
