"""Pitch by swift-f0 (ONNX, 0.1 million parameters): 5 s of sound in some 25 ms of one core.

It must not know turns or scores. One session serves all calls on a worker, turn after turn: its graph takes one sound
at a time ([1, samples]).
"""

from __future__ import annotations

import numpy as np
import onnxruntime

from analysis.adapters.device import Device, providers
from analysis.pitch import HIGHEST, HOP, LOWEST, PitchTrack
from media.errors import DeyeonsoError
from media.types import HEARING_RATE, Wave


class SwiftPitch:
    """A `PitchTracker`. Loading takes 20 ms (after the package's import) and reads the model of the package."""

    name = "swift-f0"

    def __init__(self, device: Device = "cpu", threads: int = 1) -> None:
        try:
            from swift_f0 import SwiftF0

            self._detector = SwiftF0(threads=threads, spin=False)
            if device != "cpu":  # the package loads it for the CPU
                self._detector.session.set_providers(providers(device))
        except (ImportError, onnxruntime.capi.onnxruntime_pybind11_state.Fail) as error:
            raise DeyeonsoError("pitch_unloadable", f"swift-f0 cannot be loaded: {error}") from error

    def track(self, samples: Wave) -> PitchTrack:
        """The pitch of [N] float32 at 16 kHz: N // HOP values. Not-a-number samples are taken for silence."""
        length = len(samples) // HOP
        if not length:
            return PitchTrack(np.zeros(0, np.float32), np.zeros(0, np.float32))
        found = self._detector.detect(np.nan_to_num(samples), HEARING_RATE, LOWEST, HIGHEST)
        return PitchTrack(found.pitch_hz[:length].astype(np.float32), found.confidence[:length].astype(np.float32))
