"""Silero VAD (ONNX, 16 kHz): the speech probability of 32 ms frames.

It must not know turns or calls. The session is shared by all calls; each call's detector holds only its own state.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from analysis.adapters.device import Device, providers
from media.types import HEARING_RATE, Wave
from media.worker import Batcher

FRAME = 512  # samples per decision
CONTEXT = 64  # samples of the frame before, which the network wants in front
SILENCE_PEAK = 1.5e-4  # full scale (−76 dBFS): the network finds nothing there, even in clean speech (nor 6 dB above)
SILENT_FRAMES = 16  # in a row (.5 s) before the network is left out: by then its state has come to rest


Asked = tuple[Wave, Wave]  # [CONTEXT + FRAME] samples, and the state [2,1,128] before them
Answered = tuple[float, Wave]  # probability 0–1, and the state after them


class SileroModel:
    """The network, loaded once: .12 ms of one core for one frame, .06 ms each for eight together."""

    def __init__(self, path: Path, device: Device = "cpu") -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=providers(device))
        self._rate = np.array(HEARING_RATE, np.int64)
        # A state of zeros misses the first words it hears; the state that silence leads to does not.
        self.rest: Wave = np.zeros((2, 1, 128), np.float32)
        for _ in range(2 * SILENT_FRAMES):
            ((_, self.rest),) = self.predict([(np.zeros(CONTEXT + FRAME, np.float32), self.rest)])

    def detector(self) -> SileroDetector:
        """For a file, read on a worker."""
        return SileroDetector(self)

    def live(self, batcher: Batcher[Asked, Answered]) -> LiveSilero:
        """For a new call's microphone; `batcher` brings what all calls ask to `predict`."""
        return LiveSilero(self, batcher)

    def predict(self, asked: Sequence[Asked]) -> list[Answered]:
        """Each frame's answer, as if it had been asked alone."""
        frames, states = np.stack([frame for frame, _ in asked]), np.concatenate([state for _, state in asked], axis=1)
        output, after = self._session.run(None, {"input": frames, "state": states, "sr": self._rate})
        return [(float(output[i, 0]), after[:, i : i + 1]) for i in range(len(asked))]


class _Memory:
    """What is known of one sound so far: the network's state, the end of the frame before, how long it is silent."""

    frame = FRAME

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._state: Wave = model.rest
        self._input = np.zeros(CONTEXT + FRAME, np.float32)
        self._silent = 0
        self.skipped = 0  # frames answered without the network

    def reset(self) -> None:
        """Forget the past (after a hole in the sound)."""
        self._state = self._model.rest
        self._input[:] = 0.0

    def _ask(self, frame: Wave) -> Asked | None:
        """What to ask the network of the next frame; None: it is lasting silence."""
        if max(float(frame.max()), -float(frame.min())) >= SILENCE_PEAK:
            self._silent = 0
        else:
            self._silent += 1
            if self._silent > SILENT_FRAMES:
                self._input[CONTEXT:] = frame
                self.skipped += 1
                return None
        self._input[:CONTEXT] = self._input[FRAME:]
        self._input[CONTEXT:] = frame
        return self._input.copy(), self._state

    def _take(self, answered: Answered) -> float:
        probability, self._state = answered
        return probability


class SileroDetector(_Memory):
    """A `SpeechDetector`. Lasting digital silence is answered with 0.0 without the network."""

    def probability(self, frame: Wave) -> float:
        """Probability 0–1 that `frame` ([512] float32, 16 kHz) holds speech."""
        asked = self._ask(frame)
        return 0.0 if asked is None else self._take(self._model.predict([asked])[0])


class LiveSilero(_Memory):
    """A `LiveSpeechDetector`: the same, its frames read in one go with those of other calls.

    Against reading each on the loop: the loop is busy with it .4 times as long (1 call) to .55 times (16 calls), for
    1.3 to 1.7 times the processor in all; the answer comes .2–.3 ms later (tests/bench/hearing.py).
    """

    def __init__(self, model: SileroModel, batcher: Batcher[Asked, Answered]) -> None:
        super().__init__(model)
        self._batcher = batcher

    async def probability(self, frame: Wave) -> float:
        """Probability 0–1 that `frame` ([512] float32, 16 kHz) holds speech; ask for one after the other."""
        asked = self._ask(frame)
        return 0.0 if asked is None else self._take(await self._batcher.run(asked))
