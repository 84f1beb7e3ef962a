"""Smart Turn v3 (ONNX): does this turn sound finished? It hears melody and rhythm, 23 languages, Korean among them.

It must not know when it is asked, nor of calls: it is stateless, and one instance serves them all in batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from analysis.adapters.device import Device, providers
from media.types import HEARING_RATE, Wave

SECONDS = 8  # the window the network hears
WINDOW = SECONDS * HEARING_RATE


class SmartTurn:
    """A `TurnEndDetector`: about 35 ms a question on one core. Give it the pause too (some 200 ms)."""

    def __init__(self, path: Path, device: Device = "cpu", threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=providers(device))
        self._mel = FeatureExtractor(feature_size=80, chunk_length=SECONDS)

    def complete(self, turns: Sequence[Wave]) -> list[float]:
        """Probability 0–1 that the turn is over that ends with the samples ([N] float32, 16 kHz), for each of 1…N."""
        # The output is named "logits" and is a probability already.
        (output,) = self._session.run(None, {"input_features": np.stack([self.features(turn) for turn in turns])})
        return [float(probability) for probability in output[:, 0]]

    def features(self, samples: Wave) -> NDArray[np.float32]:
        """[80,800] Whisper log-mel of the last 8 s, zeros put before a shorter turn, at zero mean and unit variance."""
        window = np.zeros(WINDOW, np.float32)
        heard = samples[-WINDOW:]
        window[WINDOW - len(heard) :] = heard
        window = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
        features: NDArray[np.float32] = self._mel(window, padding=0).astype(np.float32)
        return features
