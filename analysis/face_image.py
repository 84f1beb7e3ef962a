"""What one still picture's face shows, as a library: emotion, confidence, probabilities, landmarks.

It must not know calls or HTTP. Engines may be given; without, they are loaded from the weights at first use.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from analysis import expression
from analysis.engines import ExpressionClassifier, FaceLandmarker
from analysis.face_crop import face_crop, unreadable
from analysis.readings import Emotion
from analysis.types import FaceReading
from media.picture_file import load_picture
from media.types import Pixels

LEAST_WINDOW = 128  # px of the picture's shorter side, under which it is not looked at more closely


class ExpressionResult(TypedDict):
    """`emotion` None with the `reason`: no_face, face_too_small, face_cut_off."""

    emotion: Emotion | None
    confidence: float  # 0–1, the emotion's probability; 0 without one
    probabilities: Mapping[Emotion, float] | None  # 8 classes, sum 1
    landmarks: NDArray[np.float32] | None  # [478,3], x y in 0–1 of the picture's sides
    faces: int  # how many were seen (two at most are looked for); the largest is read
    model: str  # which model read the expression
    reason: str | None


class ExpressionAnalyzer:
    """`ExpressionAnalyzer().analyze_expression("face.jpg")`. Any thread may use it; pictures are read one by one."""

    def __init__(
        self, landmarker: FaceLandmarker | None = None, classifier: ExpressionClassifier | None = None
    ) -> None:
        self._landmarker = landmarker
        self._classifier = classifier
        self._given = landmarker is not None
        self._lock = threading.Lock()
        self._t = 0.0

    def initialize(self) -> None:
        """Load the models now (.2 s; a ViT takes longer). Raises `weight_missing`, and what a model raises."""
        with self._lock:
            self._load()

    def analyze_expression(self, image: str | Path | bytes | NDArray[np.uint8]) -> ExpressionResult:
        """Read a path, a file's bytes, or H x W x 3 uint8 RGB. Raises `bad_image`, `image_too_large`. Blocking."""
        pixels = load_picture(image)
        with self._lock:
            self._load()
            return self._result(pixels, self._find(pixels))

    def close(self) -> None:
        """Free the models that were loaded here."""
        with self._lock:
            if self._landmarker is not None and not self._given:
                self._landmarker.close()
                self._landmarker = None

    def _load(self) -> FaceLandmarker:
        if self._landmarker is None:
            from analysis.adapters.expression import chosen_classifier
            from analysis.adapters.landmarker import MediaPipeLandmarker
            from media.weights import Weights

            weights = Weights()
            self._landmarker = MediaPipeLandmarker(weights.path("face_landmarker.task"))
            self._classifier = self._classifier or chosen_classifier(weights)
        return self._landmarker

    def _find(self, pixels: Pixels) -> FaceReading:
        """The face in the whole picture; where there is none, in nine windows of half its size.

        The landmarker's finder misses faces that are less than an eighth of the picture.
        """
        height, width = pixels.shape[:2]
        found = self._look(pixels)
        if found.landmarks is not None or min(height, width) < LEAST_WINDOW:
            return found
        for top, left in itertools.product((height // 4, 0, height // 2), (width // 4, 0, width // 2)):
            closer = self._look(pixels[top : top + height // 2, left : left + width // 2])
            if closer.landmarks is not None:
                scale = np.array((closer.width / width, closer.height / height, closer.width / width), np.float32)
                marks = closer.landmarks * scale + np.array((left / width, top / height, 0), np.float32)
                return replace(closer, width=width, height=height, landmarks=marks)
        return found

    def _look(self, pixels: Pixels) -> FaceReading:
        landmarker = self._load()
        # The landmarker follows faces from picture to picture: a blank one makes it forget the last face.
        landmarker.read(np.full((64, 64, 3), 127, np.uint8), self._t + 1.0)
        self._t += 2.0
        return landmarker.read(pixels, self._t)

    def _result(self, pixels: Pixels, reading: FaceReading) -> ExpressionResult:
        name = self._classifier.name if self._classifier is not None else expression.RULE
        result: ExpressionResult = {
            "emotion": None, "confidence": 0.0, "probabilities": None, "landmarks": reading.landmarks,
            "faces": reading.faces, "model": name, "reason": unreadable(reading),
        }  # fmt: skip
        if result["reason"] is None and reading.landmarks is not None and reading.blendshapes is not None:
            if self._classifier is not None:
                (found,) = self._classifier.classify([face_crop(pixels, reading.landmarks)])
            else:
                found = expression.of_blendshapes(reading.blendshapes)
            shown = expression.read(reading.t, found, name, reading.blendshapes)
            result |= {"emotion": shown.label, "confidence": shown.confidence, "probabilities": shown.probabilities}
        return result
