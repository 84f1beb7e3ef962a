"""Writes a small neural network as an ONNX file in memory, so that onnxruntime runs weights that come in another form.

It knows the few fields of the ONNX protocol buffers that this takes (onnx.proto3, IR version 8), and must not know
what the network is for. Only float32 tensors in NCHW order with a free first dimension.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

OPSET = 13
_FLOAT = 1  # TensorProto.DataType


class Graph:
    """Grows node by node; every method returns the name of the tensor it makes."""

    def __init__(self, name: str, source: str, shape: Sequence[int]) -> None:
        self._name = name
        self._input = _value(source, shape)
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def tensor(self, values: NDArray[np.float32]) -> str:
        """A constant."""
        name = f"c{len(self._tensors)}"
        data = np.ascontiguousarray(values, "<f4")
        dims = b"".join(_number(1, size) for size in data.shape)
        self._tensors.append(dims + _number(2, _FLOAT) + _text(8, name) + _bytes(9, data.tobytes()))
        return name

    def node(self, op: str, *inputs: str, **attributes: int | str | Sequence[int]) -> str:
        """One operator of the standard set."""
        name = f"n{len(self._nodes)}"
        fields = [_text(1, one) for one in inputs] + [_text(2, name), _text(3, name), _text(4, op)]
        fields += [_bytes(5, _attribute(key, value)) for key, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return name

    def model(self, result: str, shape: Sequence[int]) -> bytes:
        """The file, with `result` ([N, *shape]) as its only output."""
        graph = b"".join(_bytes(1, node) for node in self._nodes)
        graph += _text(2, self._name) + b"".join(_bytes(5, tensor) for tensor in self._tensors)
        graph += _bytes(11, self._input) + _bytes(12, _value(result, shape))
        return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, OPSET))


def _attribute(name: str, value: int | str | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _number(20, 3)
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _value(name: str, shape: Sequence[int]) -> bytes:
    """ValueInfoProto of a float tensor [N, *shape]."""
    dims = _bytes(1, _text(2, "N")) + b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _FLOAT) + _bytes(2, dims)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
