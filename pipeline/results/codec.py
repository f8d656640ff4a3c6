"""Results as files: JSON, checked against the type when it is read."""

from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

RESULT_FILE = "result.json"
_LARGEST_BYTES = 256 << 20


def dump(result: object, directory: Path) -> None:
    """Write `result` as JSON into `directory`."""
    (directory / RESULT_FILE).write_bytes(msgspec.json.encode(result))


def load(kind: type[T], directory: Path) -> T:
    """Read the result of type `kind` from `directory`. Raises `OSError`, or as `parse` does."""
    path = directory / RESULT_FILE
    if path.stat().st_size > _LARGEST_BYTES:
        raise msgspec.ValidationError(f"The result is over {_LARGEST_BYTES} bytes.")
    return parse(kind, path.read_bytes())


def parse(kind: type[T], data: bytes) -> T:
    """Return the result of type `kind` that `dump` wrote.

    Raises `msgspec.ValidationError` if it has another shape, `DecodeError` if it is no JSON.
    """
    return msgspec.json.decode(data, type=kind)
