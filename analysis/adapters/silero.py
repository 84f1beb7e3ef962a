"""Silero VAD (ONNX, 16 kHz): the speech probability of 32 ms frames.

It must not know turns or calls. The session is shared by all calls; each call's detector holds only its own state.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from media.types import HEARING_RATE, Wave

FRAME = 512  # samples per decision
CONTEXT = 64  # samples of the frame before, which the network wants in front
SILENCE_PEAK = 1.5e-4  # full scale (−76 dBFS): the network finds nothing there, even in clean speech (nor 6 dB above)
SILENT_FRAMES = 16  # in a row (.5 s) before the network is left out: by then its state has come to rest


class SileroModel:
    """The network, loaded once: .12 ms of one core a frame, little enough for the event loop.

    (A hop to a worker thread and back was measured to cost as much as the frame itself.)
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._rate = np.array(HEARING_RATE, np.int64)
        # A state of zeros misses the first words it hears; the state that silence leads to does not.
        self.rest: Wave = np.zeros((2, 1, 128), np.float32)
        for _ in range(2 * SILENT_FRAMES):
            _, self.rest = self.run(np.zeros(CONTEXT + FRAME, np.float32), self.rest)

    def detector(self) -> SileroDetector:
        """A new call's detector."""
        return SileroDetector(self)

    def run(self, frame: Wave, state: Wave) -> tuple[float, Wave]:
        """Probability and next state for [CONTEXT + FRAME] samples and state [2,1,128]."""
        output, state = self._session.run(None, {"input": frame[None], "state": state, "sr": self._rate})
        return float(output[0, 0]), state


class SileroDetector:
    """One microphone's `SpeechDetector`. Lasting digital silence is answered with 0.0 without the network."""

    frame = FRAME

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._state: Wave = model.rest
        self._input = np.zeros(CONTEXT + FRAME, np.float32)
        self._silent = 0
        self.skipped = 0  # frames answered without the network

    def probability(self, frame: Wave) -> float:
        """Probability 0–1 that `frame` ([512] float32, 16 kHz) holds speech."""
        if max(float(frame.max()), -float(frame.min())) >= SILENCE_PEAK:
            self._silent = 0
        else:
            self._silent += 1
            if self._silent > SILENT_FRAMES:
                self._input[CONTEXT:] = frame
                self.skipped += 1
                return 0.0
        self._input[:CONTEXT] = self._input[FRAME:]
        self._input[CONTEXT:] = frame
        probability, self._state = self._model.run(self._input, self._state)
        return probability

    def reset(self) -> None:
        """Forget the past (after a hole in the sound)."""
        self._state = self._model.rest
        self._input[:] = 0.0
