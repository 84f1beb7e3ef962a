"""The expression models behind their one Protocol: the small network on real faces, a tiny ViT through transformers."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from analysis.adapters.expression import chosen_classifier
from analysis.adapters.face_api import CLASSES, FaceApiExpression
from analysis.adapters.vit import VitExpression
from analysis.engines import ExpressionClassifier
from analysis.face_crop import face_crop
from analysis.readings import EMOTIONS
from media.errors import DeyeonsoError
from media.weights import Weights
from media.worker import Batcher, Worker

EIGHT = ["anger", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"]


@pytest.fixture(scope="module")
def network(weights: Weights) -> FaceApiExpression:
    return FaceApiExpression(weights.path("expression/face_expression_model.bin").parent)


@pytest.fixture(scope="module")
def faces(material: Weights) -> list[np.ndarray]:
    """One real face, as it is, mirrored, small, dark and wide."""
    face = cv2.imread(str(material.path("astronaut.png")))[40:190, 150:300, ::-1].copy()
    return [face, face[:, ::-1].copy(), face[::3, ::3].copy(), (face * 0.4).astype(np.uint8), face[20:120].copy()]


def make_vit(folder: Path, labels: list[str], **preprocessor: object) -> Path:
    """A tiny ViT with random weights, saved as transformers saves one."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(1)
    config = ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8,
        id2label=dict(enumerate(labels)), label2id={label: index for index, label in enumerate(labels)},
    )  # fmt: skip
    ViTForImageClassification(config).save_pretrained(folder)
    if preprocessor:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> VitExpression:
    return VitExpression(str(make_vit(tmp_path_factory.mktemp("models") / "tiny-vit", EIGHT)))


def test_a_smile_is_joy_in_any_size_and_light(network: ExpressionClassifier, faces: list[np.ndarray]) -> None:
    for found in network.classify(faces):
        assert set(found) == set(CLASSES)
        assert sum(found.values()) == pytest.approx(1, abs=1e-5)
        assert found["기쁨"] > 0.8


def test_batched_equals_single(network: FaceApiExpression, vit: VitExpression, faces: list[np.ndarray]) -> None:
    for model in (network, vit):
        together = model.classify(faces)
        for face, found in zip(faces, together, strict=True):
            assert model.classify([face])[0] == pytest.approx(found, abs=1e-5)
        assert model.classify([]) == []


async def test_faces_of_several_calls_make_one_batch(network: FaceApiExpression, faces: list[np.ndarray]) -> None:
    import asyncio
    import threading

    sizes: list[int] = []

    def predict(batch):
        sizes.append(len(batch))
        return network.classify(batch)

    worker, held = Worker("faces"), threading.Event()
    batcher: Batcher = Batcher(worker, predict)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.run(held.wait))
        asked = [tasks.create_task(batcher.run(face)) for face in faces]
        await asyncio.sleep(0)
        held.set()
    worker.close()
    assert sizes == [5]
    for face, task in zip(faces, asked, strict=True):
        assert task.result() == pytest.approx(network.classify([face])[0], abs=1e-5)


@pytest.mark.parametrize("missing", ["face_expression_model.bin", "face_expression_model-weights_manifest.json"])
def test_a_damaged_network_is_one_clear_error(weights: Weights, tmp_path: Path, missing: str) -> None:
    source = weights.path("expression/face_expression_model.bin").parent
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 3000 if file.name == missing else None])
    with pytest.raises(DeyeonsoError) as failure:
        FaceApiExpression(tmp_path)
    assert failure.value.code == "expression_unloadable"


def test_a_vits_labels_become_the_eight_emotions(vit: VitExpression, faces: list[np.ndarray]) -> None:
    (found,) = vit.classify(faces[:1])
    assert set(found) == set(EMOTIONS)
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    assert vit.name == "tiny-vit"


def test_a_vit_gives_what_transformers_gives(vit: VitExpression, tmp_path: Path, faces: list[np.ndarray]) -> None:
    """The same pixels through the library's own way: label order, scaling and softmax."""
    import torch

    folder = make_vit(tmp_path / "m", EIGHT, image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.25, 0.3],
                      size={"height": 32, "width": 32})  # fmt: skip
    from transformers import AutoModelForImageClassification

    small = cv2.resize(faces[0], (32, 32), interpolation=cv2.INTER_AREA)
    pixels = (small / 255 - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.25, 0.3])
    with torch.inference_mode():
        logits = AutoModelForImageClassification.from_pretrained(folder)(
            pixel_values=torch.from_numpy(pixels.transpose(2, 0, 1)[None]).float()
        ).logits
    truth = logits.softmax(-1)[0].tolist()
    (found,) = VitExpression(str(folder)).classify(faces[:1])
    assert found["기쁨"] == pytest.approx(truth[EIGHT.index("happy")], abs=1e-4)
    assert found["슬픔"] == pytest.approx(truth[EIGHT.index("sad")], abs=1e-4)


def test_seven_classes_in_other_words_will_do(tmp_path: Path) -> None:
    labels = ["Happiness", "SADNESS", "angry", "surprised", "fearful", "disgusted", "neutral"]
    VitExpression(str(make_vit(tmp_path / "seven", labels)))


@pytest.mark.parametrize("labels", [["cat", "dog"], EIGHT[:5], [*EIGHT, "sleepy"], [*EIGHT[:7], "happiness"]])
def test_other_labels_are_refused(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(DeyeonsoError) as failure:
        VitExpression(str(make_vit(tmp_path / "other", labels)))
    assert failure.value.code == "expression_unloadable"


def test_a_folder_without_a_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DeyeonsoError) as failure:
        VitExpression(str(tmp_path))
    assert failure.value.code == "expression_unloadable"


def test_the_model_is_chosen_at_the_start(weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPRESSION_MODEL", raising=False)
    packaged = chosen_classifier(weights)
    monkeypatch.setenv("EXPRESSION_MODEL", str(make_vit(tmp_path / "mine", EIGHT)))
    mine = chosen_classifier(weights)
    assert packaged is not None
    assert mine is not None
    assert (packaged.name, mine.name) == ("face-api", "mine")


def test_a_crop_is_square_and_grey_where_the_picture_ends() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    marks = np.zeros((478, 3), np.float32)
    marks[0, :2], marks[1, :2] = (-0.1, 0.2), (0.2, 0.6)
    crop = face_crop(pixels, marks, margin=1.0)
    assert crop.shape == (60, 60, 3)
    assert (crop[:, :20] == 127).all()
    assert (crop[:, 20:] == 0).all()
    marks[:, :2] = (5.0, 5.0)
    assert (face_crop(pixels, marks) == 127).all()
