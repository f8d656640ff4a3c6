"""Writes an ONNX graph, for weights that are published without one; without the package `onnx`.

A file is one protobuf message (onnx.proto3, https://github.com/onnx/onnx).
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.engines.onnx_graph import as_varint, nested

_IR_VERSION, _OPSET = 7, 13
_FLOAT, _INT64 = 1, 7
"""TensorProto.DataType."""


class Writer:
    """A graph that grows node by node; each returns the name of what it gives."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._inputs: list[bytes] = []

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Add a float32 input; a string in its shape stands for any size."""
        self._inputs.append(nested(11, _value(name, shape)))
        return name

    def constant(self, array: npt.NDArray[Any]) -> str:
        """Add weights, float32 or int64."""
        kind, form = (_INT64, "<i8") if array.dtype == np.int64 else (_FLOAT, "<f4")
        name = f"w{len(self._weights)}"
        dims = b"".join(_number(1, size) for size in array.shape)
        data = nested(8, name.encode()) + nested(9, array.astype(form).tobytes())
        self._weights.append(nested(5, dims + _number(2, kind) + data))
        return name

    def node(self, op: str, *inputs: str, **attributes: int | float | Sequence[int]) -> str:
        """Add a node with one output. The inputs are names that others returned."""
        name = f"n{len(self._nodes)}"
        ends = b"".join(nested(1, end.encode()) for end in inputs) + nested(2, name.encode())
        self._nodes.append(nested(1, ends + nested(4, op.encode()) + _attributes(attributes)))
        return name

    def model(self, output: str, shape: Sequence[int | str]) -> bytes:
        """Return the ONNX model that gives `output`, float32."""
        graph = b"".join(
            [
                *self._nodes,
                nested(2, b"graph"),
                *self._weights,
                *self._inputs,
                nested(12, _value(output, shape)),
            ]
        )
        opset = nested(8, nested(1, b"") + _number(2, _OPSET))
        return _number(1, _IR_VERSION) + nested(7, graph) + opset


def _number(number: int, value: int) -> bytes:
    return as_varint(number << 3) + as_varint(value)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(
        nested(1, _number(1, size) if isinstance(size, int) else nested(2, size.encode()))
        for size in shape
    )
    tensor = _number(1, _FLOAT) + nested(2, dims)
    return nested(1, name.encode()) + nested(2, nested(1, tensor))


def _attributes(attributes: Mapping[str, int | float | Sequence[int]]) -> bytes:
    written = []
    for name, value in attributes.items():
        if isinstance(value, float):
            told = as_varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
        elif isinstance(value, int):
            told = _number(3, value) + _number(20, 2)
        else:
            told = b"".join(_number(8, one) for one in value) + _number(20, 7)
        written.append(nested(5, nested(1, name.encode()) + told))
    return b"".join(written)
