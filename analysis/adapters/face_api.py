"""The small expression network of @vladmandic/face-api (324k parameters, 7 classes), run by onnxruntime.

It must not know calls. Its weights come as TensorFlow.js shards; the graph around them is written here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.adapters.device import Device, providers
from analysis.adapters.onnx_graph import Graph
from analysis.readings import Emotion
from media.errors import DeyeonsoError
from media.types import Pixels

SIDE = 112  # px
MEAN = (122.782, 117.001, 104.298)  # RGB
CLASSES: tuple[Emotion, ...] = ("중립", "기쁨", "슬픔", "분노", "두려움", "혐오", "놀람")
WIDTHS = (32, 64, 128, 256)  # channels of the four blocks
Tensors = Mapping[str, NDArray[np.float32]]


class FaceApiExpression:
    """An `ExpressionClassifier`. `folder` holds the network's .bin and its manifest. Raises `expression_unloadable`."""

    name = "face-api"

    def __init__(self, folder: Path, device: Device = "cpu", threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            graph = build(read_shard(folder))
            self._session = onnxruntime.InferenceSession(graph, options, providers=providers(device))
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"the expression network in {folder} cannot be loaded: {error!r}"
            raise DeyeonsoError("expression_unloadable", message) from error

    def classify(self, faces: Sequence[Pixels]) -> list[Mapping[Emotion, float]]:
        """Probabilities of the 7 classes for each crop (any size; letterboxed to 112 x 112)."""
        if not faces:
            return []
        batch = np.stack([prepared(face) for face in faces])
        (output,) = self._session.run(None, {"faces": batch})
        return [dict(zip(CLASSES, map(float, row), strict=True)) for row in output]


def prepared(face: Pixels) -> NDArray[np.float32]:
    """[3,112,112]: letterboxed, minus the mean, ÷ 255."""
    height, width = face.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(face, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.zeros((SIDE, SIDE, 3), np.float32)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return np.ascontiguousarray(((canvas - np.array(MEAN, np.float32)) / 255).transpose(2, 0, 1))


def read_shard(folder: Path) -> Tensors:
    """Every tensor by name: the .bin is their concatenation, uint8 ones being value × scale + min."""
    (manifest,) = json.loads((folder / "face_expression_model-weights_manifest.json").read_text(encoding="utf-8"))
    data = (folder / "face_expression_model.bin").read_bytes()
    found, at = {}, 0
    for entry in manifest["weights"]:
        count = int(np.prod(entry["shape"]))
        packed = entry.get("quantization")
        kind = np.dtype(packed["dtype"] if packed else entry["dtype"]).newbyteorder("<")
        values = np.frombuffer(data, kind, count, at).astype(np.float32)
        at += count * kind.itemsize
        if packed:
            values = values * np.float32(packed["scale"]) + np.float32(packed["min"])
        found[entry["name"]] = values.reshape(entry["shape"])
    if at != len(data):
        raise ValueError(f"its .bin has {len(data)} bytes, not {at}")
    return found


def build(tensors: Tensors) -> bytes:
    """The network as an ONNX file: four dense blocks, the mean over 7 x 7, a linear layer, softmax."""
    graph = Graph("expression", "faces", (3, SIDE, SIDE))
    x = "faces"
    for block, width in enumerate(WIDTHS):
        x = _dense_block(graph, tensors, f"dense{block}", x, width, first=block == 0)
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x), axis=1)
    weights, bias = graph.tensor(tensors["fc/weights"]), graph.tensor(tensors["fc/bias"])
    logits = graph.node("Gemm", pooled, weights, bias)
    return graph.model(graph.node("Softmax", logits, axis=1), (len(CLASSES),))


def _dense_block(graph: Graph, tensors: Tensors, name: str, x: str, width: int, first: bool) -> str:
    if first:
        filters = graph.tensor(tensors[f"{name}/conv0/filters"].transpose(3, 2, 0, 1))
        bias = graph.tensor(tensors[f"{name}/conv0/bias"])
        entered = graph.node("Conv", x, filters, bias, auto_pad="SAME_UPPER", strides=(2, 2), kernel_shape=(3, 3))
    else:
        entered = _separable(graph, tensors, f"{name}/conv0", x, 2)
    total = graph.node("Relu", entered)
    out = _separable(graph, tensors, f"{name}/conv1", total, 1)
    for conv in ("conv2", "conv3"):
        total = graph.node("Add", total, out)
        out = _separable(graph, tensors, f"{name}/{conv}", graph.node("Relu", total), 1)
    return graph.node("Relu", graph.node("Add", total, out))


def _separable(graph: Graph, tensors: Tensors, name: str, x: str, stride: int) -> str:
    """3 x 3 each channel by itself, then 1 x 1 across them."""
    depthwise = tensors[f"{name}/depthwise_filter"].transpose(2, 3, 0, 1)  # [3,3,C,1] → [C,1,3,3]
    pointwise = tensors[f"{name}/pointwise_filter"].transpose(3, 2, 0, 1)  # [1,1,C,D] → [D,C,1,1]
    spread = graph.node(
        "Conv", x, graph.tensor(depthwise),
        auto_pad="SAME_UPPER", strides=(stride, stride), kernel_shape=(3, 3), group=depthwise.shape[0],
    )  # fmt: skip
    bias = graph.tensor(tensors[f"{name}/bias"])
    return graph.node("Conv", spread, graph.tensor(pointwise), bias, kernel_shape=(1, 1))
