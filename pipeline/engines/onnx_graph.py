"""Edits an ONNX file's bytes so that ONNX Runtime makes more of it; without the package `onnx`.

Exporters of 2019 wrote two things that cost: the size of the picture that they traced with, though
a convolutional network takes any, and all weights as inputs that a caller might replace, which
keeps the runtime from folding and packing them: it then takes twice the time.

A file is one protobuf message (onnx.proto3, https://github.com/onnx/onnx); all that is not edited
is copied as it stands.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 5, 11, 12
_TENSOR_NAME, _VALUE_NAME = 8, 1
_TYPE_PATH = (2, 1, 2)
"""From a value to its shape: ValueInfoProto.type, TypeProto.tensor_type, Tensor.shape."""
_SHAPE_DIM = 1
_UNKNOWN_DIM = bytes([_SHAPE_DIM << 3 | 2, 0])
_KEPT_DIM = 1
"""Of batch, channels, height and width the channels stay as they are."""

# Wire types: how a field's end is found.
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}


class _Field(NamedTuple):
    number: int
    value: bytes
    """Of a nested message or string; empty for numbers."""
    raw: bytes
    """As it stands in the message, its tag included."""


def any_size(path: Path) -> bytes:
    """Return the ONNX model at `path` taking any batch, height and width, its weights constant.

    Raises `ValueError` where it is no protobuf message.
    """
    return b"".join(
        nested(_MODEL_GRAPH, _graph(field.value)) if field.number == _MODEL_GRAPH else field.raw
        for field in _fields(path.read_bytes())
    )


def _graph(graph: bytes) -> bytes:
    fields = list(_fields(graph))
    weights = {_name(f.value, _TENSOR_NAME) for f in fields if f.number == _GRAPH_INITIALIZER}
    edited = []
    for field in fields:
        if field.number not in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            edited.append(field.raw)
        elif field.number == _GRAPH_OUTPUT or _name(field.value, _VALUE_NAME) not in weights:
            edited.append(nested(field.number, _with_any_shape(field.value, _TYPE_PATH)))
    return b"".join(edited)


def _with_any_shape(message: bytes, path: tuple[int, ...]) -> bytes:
    if not path:
        dims = [field.raw for field in _fields(message) if field.number == _SHAPE_DIM]
        return b"".join(raw if at == _KEPT_DIM else _UNKNOWN_DIM for at, raw in enumerate(dims))
    return b"".join(
        nested(field.number, _with_any_shape(field.value, path[1:]))
        if field.number == path[0]
        else field.raw
        for field in _fields(message)
    )


def _name(message: bytes, number: int) -> bytes:
    return next((field.value for field in _fields(message) if field.number == number), b"")


def nested(number: int, message: bytes) -> bytes:
    """Return a message, or a string, as the field `number` of another."""
    return as_varint(number << 3 | _BYTES) + as_varint(len(message)) + message


def _fields(message: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        length = 0
        if (kind := tag & 7) == _VARINT:
            _, at = _varint(message, at)
        elif kind == _BYTES:
            length, at = _varint(message, at)
            at += length
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise ValueError(f"no protobuf message: a field of kind {kind}")
        if at > len(message):
            raise ValueError("no protobuf message: it ends within a field")
        yield _Field(tag >> 3, message[at - length : at], message[start:at])


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("no protobuf message: it ends within a number")
        byte = message[at]
        value |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return value, at


def as_varint(value: int) -> bytes:
    """Return a number, 0 or above, in protobuf's own form."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])
