"""The part of a file that has come so far, on disk: it outlives the attempt that brings it."""

import fcntl
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from pipeline.errors import PipelineError, TransientError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Bound:
    """How large the file may be at most, and what is raised where it is larger."""

    size_bytes: int
    error: PipelineError


class _Note(msgspec.Struct, frozen=True):
    """What has to be known of a part to go on with it."""

    validator: str
    """A strong ETag or a Last-Modified: the server sends the rest only if it still holds."""


class Part:
    """A file that grows block by block, hashed on the way, locked against every other process."""

    def __init__(self, path: Path) -> None:
        """Open the part with what is in it, or begin one. Raises `BlockingIOError` if it is held."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._note_path = path.with_suffix(".json")
        self._file = path.open("ab+", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists() or path.stat().st_ino != os.fstat(self._file.fileno()).st_ino:
                raise BlockingIOError("It was finished before we had the lock.")
            self.validator = self._noted()
            self.size_bytes = 0
            self._sha256 = hashlib.sha256()
            self._take_up()
        except OSError:
            self._file.close()
            raise

    def begin(self, validator: str) -> None:
        """Empty the part: what comes now is what `validator` names."""
        self._file.truncate(0)
        self.size_bytes = 0
        self._sha256 = hashlib.sha256()
        self.validator = validator
        self._note_path.write_bytes(msgspec.json.encode(_Note(validator)))

    def write(self, block: bytes) -> None:
        """Append `block`. Raises `OSError` where the disk is full."""
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._sha256.update(block)
        self.size_bytes += len(block)

    def room(self, min_free_bytes: int) -> Bound:
        """Return how large it may become by what is free on its disk now."""
        free = max(0, shutil.disk_usage(self._path.parent).free - min_free_bytes)
        full = TransientError(
            "storage_full", "This server's disk has no room for the file.", retry_after_s=0.0
        )
        return Bound(self.size_bytes + free, full)

    def finish(self, target: Path) -> str:
        """Make it durable and move it to `target`; return its sha256."""
        os.fsync(self._file.fileno())
        self._note_path.unlink(missing_ok=True)
        self._path.replace(target)
        return self._sha256.hexdigest()

    def remove(self) -> None:
        """Remove it: nobody will go on with it."""
        self._note_path.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def _noted(self) -> str:
        try:
            return msgspec.json.decode(self._note_path.read_bytes(), type=_Note).validator
        except (FileNotFoundError, msgspec.DecodeError):  # killed before it was written
            return ""

    def _take_up(self) -> None:
        if not self.validator:
            self._file.truncate(0)
        self._file.seek(0)
        while block := self._file.read(_BLOCK_BYTES):
            self._sha256.update(block)
            self.size_bytes += len(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()
