"""MediaPipe Face Landmarker: 478 landmarks, 52 blendshapes and the head's pose of the largest face in a picture.

It must not know calls or cameras. One instance per call, because it tracks faces from picture to picture; so
calls are read side by side on their worker's threads, and not in batches, which MediaPipe does not offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from analysis.types import FaceReading
from media.errors import DeyeonsoError
from media.types import Pixels

FACES = 2  # looked for: the second tells that somebody else is in the picture


class Blendshapes(Mapping[str, float]):
    """52 scores by name in 208 bytes: a call keeps thousands of readings, and a dict would take 4 kB of each."""

    __slots__ = ("_places", "_scores")

    def __init__(self, places: dict[str, int], scores: NDArray[np.float32]) -> None:
        self._places = places  # name → index; shared by all readings of one landmarker
        self._scores = scores

    def __getitem__(self, name: str) -> float:
        return float(self._scores[self._places[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class MediaPipeLandmarker:
    """A `FaceLandmarker`: about 7 ms a 640 x 360 picture on one core. Loading takes .1 s: do it on its worker."""

    def __init__(self, path: Path, faces: int = FACES) -> None:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(path), delegate=BaseOptions.Delegate.CPU),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=faces,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        try:
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            raise DeyeonsoError("face_unloadable", f"the face landmarker cannot be loaded: {error}") from error
        self._last_ms = -1
        self._places: dict[str, int] = {}

    def read(self, pixels: Pixels, t: float) -> FaceReading:
        """Read H x W x 3 uint8 RGB taken at call time `t` s; `t` must grow. Raises `face_failed`."""
        # MediaPipe wants whole milliseconds that grow strictly; two pictures may share one.
        self._last_ms = max(self._last_ms + 1, round(t * 1000))
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))
        try:
            result = self._landmarker.detect_for_video(image, self._last_ms)
        except (RuntimeError, ValueError) as error:
            raise DeyeonsoError("face_failed", f"the face landmarker failed: {error}") from error
        height, width = pixels.shape[:2]
        if not result.face_landmarks:
            return FaceReading(t, width, height)
        faces = [
            np.fromiter((value for mark in marks for value in (mark.x, mark.y, mark.z)), np.float32).reshape(-1, 3)
            for marks in result.face_landmarks
        ]
        largest = max(range(len(faces)), key=lambda index: float(np.prod(np.ptp(faces[index][:, :2], axis=0))))
        return FaceReading(
            t=t,
            width=width,
            height=height,
            landmarks=faces[largest],
            blendshapes=self._blendshapes(result.face_blendshapes[largest]),
            matrix=np.asarray(result.facial_transformation_matrixes[largest], np.float32),
            faces=len(faces),
        )

    def _blendshapes(self, categories: list[Any]) -> Blendshapes:
        if not self._places:
            self._places = {category.category_name: place for place, category in enumerate(categories)}
        return Blendshapes(self._places, np.fromiter((category.score for category in categories), np.float32))

    def close(self) -> None:
        """Free the graph."""
        self._landmarker.close()
