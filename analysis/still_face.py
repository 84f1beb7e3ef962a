"""The face of one still picture: found wherever it is in it, and put into words.

It must not know adapters, calls or HTTP; a landmarker and what a classifier said are given.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from analysis import expression
from analysis.engines import FaceLandmarker
from analysis.expresser import Classify
from analysis.expression import Probabilities
from analysis.face_crop import face_crop, unreadable
from analysis.readings import Emotion
from analysis.types import FaceReading
from media.types import Pixels
from media.worker import Worker

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


class FaceFinder:
    """Finds the largest face of pictures that have nothing to do with each other. Any thread may use it."""

    def __init__(self, landmarker: FaceLandmarker) -> None:
        self._landmarker = landmarker
        self._lock = threading.Lock()
        self._t = 0.0

    def find(self, pixels: Pixels) -> FaceReading:
        """The face in the whole picture; where there is none, in nine windows of half its size. Blocking.

        The landmarker's finder misses faces that are less than an eighth of the picture.
        """
        with self._lock:
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
        # The landmarker follows faces from picture to picture: a blank one makes it forget the last face.
        self._landmarker.read(np.full((64, 64, 3), 127, np.uint8), self._t + 1.0)
        self._t += 2.0
        return self._landmarker.read(pixels, self._t)


def crop_of(pixels: Pixels, reading: FaceReading) -> Pixels | None:
    """The face, cut out for a classifier; None where there is none that could be read."""
    return None if reading.landmarks is None or unreadable(reading) else face_crop(pixels, reading.landmarks)


async def read_picture(
    pixels: Pixels, finder: FaceFinder, worker: Worker, classify: Classify | None, model: str
) -> ExpressionResult:
    """As `ExpressionAnalyzer`, for a service: faces are found on `worker` and read in the calls' batches."""
    reading = await worker.run(lambda: finder.find(pixels))
    crop = None if classify is None else await worker.run(lambda: crop_of(pixels, reading))
    found = None if classify is None or crop is None else await classify.run(crop)
    return result_of(reading, found, model)


def result_of(reading: FaceReading, found: Probabilities | None, model: str) -> ExpressionResult:
    """`found`: what the model said; None where there is none, or no face to read."""
    result: ExpressionResult = {
        "emotion": None, "confidence": 0.0, "probabilities": None, "landmarks": reading.landmarks,
        "faces": reading.faces, "model": model, "reason": unreadable(reading),
    }  # fmt: skip
    if result["reason"] is None and reading.blendshapes is not None:
        found = expression.of_blendshapes(reading.blendshapes) if found is None else found
        shown = expression.read(reading.t, found, model, reading.blendshapes)
        result |= {"emotion": shown.label, "confidence": shown.confidence, "probabilities": shown.probabilities}
    return result
