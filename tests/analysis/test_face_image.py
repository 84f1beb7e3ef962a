"""Still pictures as people send them: good ones, odd ones, and what is no picture of a face at all."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from analysis import ExpressionAnalyzer
from analysis.adapters.expression import chosen_classifier
from analysis.adapters.landmarker import MediaPipeLandmarker
from analysis.readings import EMOTIONS
from media.errors import DeyeonsoError
from media.weights import Weights


@pytest.fixture(scope="module")
def analyzer(weights: Weights) -> Iterator[ExpressionAnalyzer]:
    analyzer = ExpressionAnalyzer()
    analyzer.initialize()
    yield analyzer
    analyzer.close()


@pytest.fixture(scope="module")
def astronaut(material: Weights) -> np.ndarray:
    return cv2.imread(str(material.path("astronaut.png")))[:, :, ::-1].copy()


def encoded(pixels: np.ndarray, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind)
    return out.getvalue()


def test_a_picture_of_a_smiling_face(analyzer: ExpressionAnalyzer, material: Weights) -> None:
    result = analyzer.analyze_expression(material.path("astronaut.png"))
    assert result["emotion"] == "기쁨"
    assert result["confidence"] > 0.9
    assert set(result["probabilities"]) == set(EMOTIONS)
    assert sum(result["probabilities"].values()) == pytest.approx(1)
    assert result["landmarks"].shape == (478, 3)
    assert (result["faces"], result["model"], result["reason"]) == (1, "face-api", None)


@pytest.mark.parametrize("form", ["array", "grey", "grey3", "rgba", "jpeg", "grey jpeg", "cmyk jpeg", "webp", "png"])
def test_every_form_of_the_picture_shows_the_same(
    analyzer: ExpressionAnalyzer, astronaut: np.ndarray, form: str
) -> None:
    grey = cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)
    forms = {
        "array": lambda: astronaut,
        "grey": lambda: grey,
        "grey3": lambda: grey[:, :, None],
        "rgba": lambda: np.dstack([astronaut, np.full(grey.shape, 255, np.uint8)]),
        "jpeg": lambda: encoded(astronaut),
        "grey jpeg": lambda: encoded(astronaut, mode="L"),
        "cmyk jpeg": lambda: encoded(astronaut, mode="CMYK"),
        "webp": lambda: encoded(astronaut, "WEBP"),
        "png": lambda: encoded(astronaut, "PNG", "P"),
    }
    result = analyzer.analyze_expression(forms[form]())
    assert result["emotion"] == "기쁨"
    assert result["landmarks"][:, 0].mean() == pytest.approx(0.44, abs=0.03)


def test_an_8k_picture_is_read_like_a_small_one(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    large = np.full((4320, 7680, 3), 90, np.uint8)
    large[:4096, 1000:5096] = cv2.resize(astronaut, (4096, 4096))
    assert analyzer.analyze_expression(large)["emotion"] == "기쁨"


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (2, 2), (400, 600)])
def test_no_face_is_no_emotion_with_its_reason(analyzer: ExpressionAnalyzer, size: tuple[int, int]) -> None:
    result = analyzer.analyze_expression(np.full((*size, 3), 90, np.uint8))
    assert (result["emotion"], result["probabilities"], result["landmarks"]) == (None, None, None)
    assert (result["reason"], result["faces"], result["confidence"]) == ("no_face", 0, 0.0)


def test_the_last_picture_does_not_haunt_the_next(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    """The landmarker follows faces: it must look anew in every picture."""
    first = analyzer.analyze_expression(astronaut)
    assert analyzer.analyze_expression(np.full((512, 512, 3), 90, np.uint8))["reason"] == "no_face"
    moved = np.roll(astronaut, 180, axis=1)
    other = analyzer.analyze_expression(moved)
    assert other["landmarks"][:, 0].mean() == pytest.approx(first["landmarks"][:, 0].mean() + 180 / 512, abs=0.03)
    again = analyzer.analyze_expression(astronaut)
    assert again["probabilities"] == pytest.approx(first["probabilities"], abs=1e-6)


def test_of_two_faces_the_larger_is_read(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    face = astronaut[0:300, 100:350]
    small = np.full((300, 125, 3), 120, np.uint8)
    small[:150] = face[::2, ::2]
    result = analyzer.analyze_expression(np.concatenate([small, face], axis=1))
    assert result["faces"] == 2
    assert result["landmarks"][:, 0].mean() > 0.5
    assert result["emotion"] == "기쁨"


def test_a_face_cut_in_half_is_never_judged_as_a_whole_one(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    """Its landmarks are half guessed."""
    for edge in (215, 225, 235):  # through the middle of her face
        result = analyzer.analyze_expression(astronaut[:, edge:])
        assert result["emotion"] is None
        assert result["reason"] in ("face_cut_off", "no_face")


def test_a_face_too_small_to_show_anything(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    tiny = cv2.resize(astronaut[0:300, 80:380], (48, 48), interpolation=cv2.INTER_AREA)
    canvas = np.full((64, 64, 3), 127, np.uint8)
    canvas[8:56, 8:56] = tiny
    result = analyzer.analyze_expression(canvas)
    assert result["emotion"] is None
    assert result["reason"] in ("face_too_small", "no_face")


def test_a_picture_of_a_picture_is_read_as_the_face_it_shows(
    analyzer: ExpressionAnalyzer, astronaut: np.ndarray
) -> None:
    """Nobody can tell a photograph of a person from the person by one picture, so nothing else is claimed."""
    wall = np.full((720, 1280, 3), 200, np.uint8)
    wall[90:630, 370:910] = 40
    wall[104:616, 384:896] = astronaut
    assert analyzer.analyze_expression(wall)["emotion"] == "기쁨"


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        "nowhere.jpg",
        Path("also/nowhere.png"),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(12, np.uint8),
        None,
    ],
)
def test_what_is_no_picture_is_one_clear_error(analyzer: ExpressionAnalyzer, image: object) -> None:
    with pytest.raises(DeyeonsoError) as failure:
        analyzer.analyze_expression(image)
    assert (failure.value.code, failure.value.whose) == ("bad_image", "caller")


def test_a_damaged_picture_is_one_clear_error(analyzer: ExpressionAnalyzer, astronaut: np.ndarray) -> None:
    whole = encoded(astronaut, "PNG")
    with pytest.raises(DeyeonsoError) as failure:
        analyzer.analyze_expression(whole[:60])
    assert failure.value.code == "bad_image"


def test_a_bomb_is_refused_before_it_is_unpacked(analyzer: ExpressionAnalyzer) -> None:
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    with pytest.raises(DeyeonsoError) as failure:
        analyzer.analyze_expression(header)
    assert failure.value.code == "image_too_large"


def test_without_a_model_the_rule_says_that_it_is_the_rule(weights: Weights, astronaut: np.ndarray) -> None:
    landmarker = MediaPipeLandmarker(weights.path("face_landmarker.task"))
    analyzer = ExpressionAnalyzer(landmarker)
    result = analyzer.analyze_expression(astronaut)
    analyzer.close()
    assert (result["emotion"], result["model"]) == ("기쁨", "blendshapes")
    landmarker.close()


def test_without_its_files_there_is_no_network(tmp_path: Path) -> None:
    assert chosen_classifier(Weights(tmp_path), model="") is None
