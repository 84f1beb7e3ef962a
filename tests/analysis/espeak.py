"""Korean by espeak-ng: a formant voice that says exactly the syllables it is given. Its library comes with a wheel."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import espeakng_loader
import numpy as np

from media.types import HEARING_RATE, Wave

SYNCHRONOUS, UTF8, RATE = 1, 1, 1  # of speak_lib.h: AUDIO_OUTPUT_RETRIEVAL's sound comes by callback
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def say(text: str, words_a_minute: int = 160) -> Wave:
    """[N] float32 at 16 kHz."""
    library, rate, pieces = _engine()
    pieces.clear()
    data = text.encode()
    library.espeak_SetParameter(RATE, words_a_minute, 0)
    assert library.espeak_Synth(data, len(data) + 1, 0, 0, 0, UTF8, None, None) == 0
    wave = np.concatenate(pieces).astype(np.float32) / 32768
    size = round(len(wave) * HEARING_RATE / rate)  # 22.05 → 16 kHz: the spectrum, cut off
    spectrum = np.fft.rfft(wave)[: size // 2 + 1]
    return (np.fft.irfft(spectrum, size) * size / len(wave)).astype(np.float32)


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, int, list[np.ndarray]]:
    """The library, its sample rate, and where its sound goes."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    pieces: list[np.ndarray] = []

    @Callback
    def heard(samples: Any, count: int, events: Any) -> int:
        if samples and count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    rate = library.espeak_Initialize(SYNCHRONOUS + 1, 0, espeakng_loader.get_data_path().encode(), 0)
    library.kept = heard  # the library holds no reference of its own
    library.espeak_SetSynthCallback(heard)
    assert library.espeak_SetVoiceByName(b"ko") == 0
    return library, rate, pieces
