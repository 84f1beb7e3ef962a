"""An expression model of the transformers library: a hub id or a folder, with 7 or 8 classes known by their labels.

It must not know calls. torch and transformers are an extra and imported only when such a model is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from analysis.adapters.device import Device
from analysis.readings import Emotion
from media.errors import DeyeonsoError
from media.types import Pixels

LABELS: Mapping[str, Emotion] = {
    "happy": "기쁨", "happiness": "기쁨", "joy": "기쁨", "sad": "슬픔", "sadness": "슬픔",
    "angry": "분노", "anger": "분노", "surprise": "놀람", "surprised": "놀람", "fear": "두려움", "fearful": "두려움",
    "disgust": "혐오", "disgusted": "혐오", "neutral": "중립", "contempt": "경멸", "contemptuous": "경멸",
}  # fmt: skip
LEAST_CLASSES = 7


class VitExpression:
    """An `ExpressionClassifier`. Raises `expression_unloadable`: no such model, no torch, other labels."""

    def __init__(self, model: str, device: Device = "cpu") -> None:
        self.name = model.rstrip("/").rsplit("/", 1)[-1]
        try:
            import torch
            from transformers import AutoModelForImageClassification
        except ImportError as error:
            message = 'EXPRESSION_MODEL needs torch and transformers: pip install "deyeonso[vit]"'
            raise DeyeonsoError("expression_unloadable", message, "caller") from error
        self._torch = torch
        self._device = torch.device(device)
        try:
            # Half precision pays on a GPU only.
            kind = torch.float16 if device == "cuda" else torch.float32
            self._model = AutoModelForImageClassification.from_pretrained(model, dtype=kind).to(self._device).eval()
            self._prepare = _preparation(model, self._model.config)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            message = f"the expression model {model} cannot be loaded: {error}"
            raise DeyeonsoError("expression_unloadable", message) from error
        self._kind = kind
        self._classes = _classes(self._model.config.id2label, model)

    def classify(self, faces: Sequence[Pixels]) -> list[Mapping[Emotion, float]]:
        """Probabilities of its classes for each crop, in one batch."""
        if not faces:
            return []
        torch = self._torch
        batch = torch.from_numpy(np.stack([self._prepare(face) for face in faces])).to(self._device, self._kind)
        with torch.inference_mode():
            rows = self._model(pixel_values=batch).logits.float().softmax(dim=-1).cpu().numpy()
        return [{emotion: float(row[index]) for index, emotion in self._classes.items()} for row in rows]


def _classes(labels: Mapping[Any, str], model: str) -> dict[int, Emotion]:
    """Index → emotion. Every label must be one of ours, each once."""
    found = {int(index): LABELS.get(label.strip().lower()) for index, label in labels.items()}
    known = {index: emotion for index, emotion in found.items() if emotion is not None}
    if len(known) != len(found) or len(set(known.values())) != len(known) or len(known) < LEAST_CLASSES:
        message = f"the labels of {model} are not the 7 or 8 basic emotions: {sorted(labels.values())}"
        raise DeyeonsoError("expression_unloadable", message)
    return known


def _preparation(model: str, config: Any) -> Any:
    """pixels → [3,S,S] float32 as the model's own preprocessor would make it (transformers' needs torchvision)."""
    from transformers.utils.hub import cached_file

    described: dict[str, Any] = {}
    file = cached_file(model, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False)
    if file is not None:
        described = json.loads(Path(file).read_text(encoding="utf-8"))
    size: Any = described.get("size", config.image_size)
    if isinstance(size, dict):
        size = size["height"] if "height" in size else size["shortest_edge"]
    side = int(size)
    mean = np.array(described.get("image_mean") or (0.5, 0.5, 0.5), np.float32)
    deviation = np.array(described.get("image_std") or (0.5, 0.5, 0.5), np.float32)

    def prepare(face: Pixels) -> Any:
        shrinks = max(face.shape[:2]) > side
        small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return np.ascontiguousarray(((small.astype(np.float32) / 255 - mean) / deviation).transpose(2, 0, 1))

    return prepare
