"""MediaPipe on a real film and real pictures: every face found, the largest read, no face no reading."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import pytest

from analysis.adapters.landmarker import MediaPipeLandmarker
from media.errors import DeyeonsoError
from media.types import Pixels
from media.weights import Weights


@pytest.fixture
def landmarker(weights: Weights) -> Iterator[MediaPipeLandmarker]:
    landmarker = MediaPipeLandmarker(weights.path("face_landmarker.task"))
    yield landmarker
    landmarker.close()


def picture(path) -> Pixels:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_a_face_gives_landmarks_expression_and_pose(landmarker: MediaPipeLandmarker, material: Weights) -> None:
    pixels = picture(material.path("astronaut.png"))
    reading = landmarker.read(pixels, 0.0)
    assert reading.found
    assert reading.faces == 1
    assert (reading.width, reading.height) == (512, 512)
    assert reading.landmarks is not None
    assert reading.landmarks.shape == (478, 3)
    assert reading.landmarks.dtype == np.float32
    # Her face is in the upper middle, and the right iris (468) is left of the left one (473) in the picture.
    assert 0.35 < reading.landmarks[:, 0].mean() < 0.55
    assert reading.landmarks[468, 0] < reading.landmarks[473, 0]
    assert reading.blendshapes is not None
    assert len(reading.blendshapes) == 52
    assert (reading.blendshapes["mouthSmileLeft"] + reading.blendshapes["mouthSmileRight"]) / 2 > 0.5
    assert reading.matrix is not None
    assert reading.matrix.shape == (4, 4)
    rotation = reading.matrix[:3, :3] / np.linalg.norm(reading.matrix[:3, :3], axis=0)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("large_first", [True, False])
def test_of_two_faces_the_larger_is_read(landmarker: MediaPipeLandmarker, material: Weights, large_first: bool) -> None:
    large = picture(material.path("astronaut.png"))[0:300, 100:350]
    small = np.full((300, 125, 3), 120, np.uint8)
    small[:150] = large[::2, ::2]
    reading = landmarker.read(np.concatenate([large, small] if large_first else [small, large], axis=1), 0.0)
    assert reading.faces == 2
    assert reading.landmarks is not None
    assert reading.landmarks[:, 0].mean() == pytest.approx(1 / 3 if large_first else 2 / 3, abs=0.05)


def test_a_picture_without_a_face_is_a_reading_without_values(landmarker: MediaPipeLandmarker) -> None:
    reading = landmarker.read(np.full((360, 640, 3), 90, np.uint8), 0.5)
    assert not reading.found
    assert reading.faces == 0
    assert reading.blendshapes is None
    assert reading.matrix is None
    assert (reading.t, reading.width, reading.height) == (0.5, 640, 360)


def test_pictures_closer_than_a_millisecond_are_both_read(landmarker: MediaPipeLandmarker, material: Weights) -> None:
    pixels = picture(material.path("astronaut.png"))
    assert [landmarker.read(pixels, t).t for t in (1.0, 1.0001, 1.0002)] == [1.0, 1.0001, 1.0002]


def test_a_damaged_model_is_one_clear_error(tmp_path) -> None:
    broken = tmp_path / "face_landmarker.task"
    broken.write_bytes(b"not a model")
    with pytest.raises(DeyeonsoError) as failure:
        MediaPipeLandmarker(broken)
    assert failure.value.code == "face_unloadable"
