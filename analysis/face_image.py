"""What one still picture's face shows, as a library: emotion, confidence, probabilities, landmarks.

It must not know calls or HTTP. Engines may be given; without, they are loaded from the weights at first use.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.engines import ExpressionClassifier, FaceLandmarker
from analysis.expression import RULE
from analysis.still_face import ExpressionResult, FaceFinder, crop_of, result_of
from media.picture_file import load_picture


class ExpressionAnalyzer:
    """`ExpressionAnalyzer().analyze_expression("face.jpg")`. Any thread may use it; pictures are read one by one."""

    def __init__(
        self, landmarker: FaceLandmarker | None = None, classifier: ExpressionClassifier | None = None
    ) -> None:
        self._finder = None if landmarker is None else FaceFinder(landmarker)
        self._classifier = classifier
        self._own: FaceLandmarker | None = None
        self._lock = threading.Lock()

    def initialize(self) -> None:
        """Load the models now (.2 s; a ViT takes longer). Raises `weight_missing`, and what a model raises."""
        with self._lock:
            self._load()

    def analyze_expression(self, image: str | Path | bytes | NDArray[np.uint8]) -> ExpressionResult:
        """Read a path, a file's bytes, or H x W x 3 uint8 RGB. Raises `bad_image`, `image_too_large`. Blocking."""
        pixels = load_picture(image)
        with self._lock:
            reading = self._load().find(pixels)
            if self._classifier is None:
                return result_of(reading, None, RULE)
            crop = crop_of(pixels, reading)
            found = None if crop is None else self._classifier.classify([crop])[0]
            return result_of(reading, found, self._classifier.name)

    def close(self) -> None:
        """Free the models that were loaded here."""
        with self._lock:
            if self._own is not None:
                self._own.close()
                self._own = self._finder = None

    def _load(self) -> FaceFinder:
        if self._finder is None:
            from analysis.adapters.expression import chosen_classifier
            from analysis.adapters.landmarker import MediaPipeLandmarker
            from media.weights import Weights

            weights = Weights()
            self._own = MediaPipeLandmarker(weights.path("face_landmarker.task"))
            self._finder = FaceFinder(self._own)
            self._classifier = self._classifier or chosen_classifier(weights)
        return self._finder
