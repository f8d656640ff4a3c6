"""Bringing a file's bytes to disk and to their checksum in one pass.

A part lies under `incoming/` until its video exists; then it is moved, never copied.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Self
from uuid import uuid4

from pipeline import store
from videos.errors import VideosError
from videos.names import display_name
from videos.services.admission import check_disk

_BLOCK_BYTES = 1 << 20


class EmptyFile(VideosError):
    """There is nothing in it."""

    code = "empty_file"


class UploadIncomplete(VideosError):
    """The body ended before the file did."""

    code = "upload_incomplete"


@dataclass(frozen=True)
class StoredUpload:
    """A file that is wholly on disk and belongs to no video yet.

    Leaving its `with` block removes it, unless a video took it over.
    """

    path: Path
    filename: str
    """For display only, never part of a path."""
    size_bytes: int
    checksum_sha256: str

    def discard(self) -> None:
        """Remove it, unless a video took it over."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.discard()


class IncomingFile:
    """A part that grows chunk by chunk, hashed on the way; leaving its `with` block removes it.

    Where it `stores` nothing only its checksum is wanted, and it takes no room.
    """

    def __init__(self, filename: str, *, stores: bool = True) -> None:
        self.filename = display_name(filename)
        self.size_bytes = 0
        self._sha256 = hashlib.sha256()
        store.make_incoming_dir()
        self._path = store.part_path(uuid4())
        self._file = self._path.open("xb", buffering=0) if stores else None

    def write(self, chunk: bytes) -> None:
        """Append `chunk`. Raises `StorageFull`, or `OSError` where the disk is full."""
        if self._file:
            check_disk(len(chunk))
            write_all(self._file, chunk)
        self._sha256.update(chunk)
        self.size_bytes += len(chunk)

    def finish(self) -> StoredUpload:
        """Make the part durable and return it. Raises `EmptyFile`."""
        if not self.size_bytes:
            raise EmptyFile("The file is empty. Send one with a video in it.")
        if self._file:
            os.fsync(self._file.fileno())
            self._file.close()
        return StoredUpload(self._path, self.filename, self.size_bytes, self._sha256.hexdigest())

    def discard(self) -> None:
        """Remove the part, unless a video took it over."""
        if self._file:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.discard()


def store_stream(*, chunks: Iterable[bytes], filename: str) -> StoredUpload:
    """Write chunks to disk as they come.

    Raises `EmptyFile`, `StorageFull`, or what the chunks raise; nothing is left on disk then.
    """
    incoming = IncomingFile(filename)
    try:
        for chunk in chunks:
            incoming.write(chunk)
        return incoming.finish()
    except BaseException:  # whatever happened, no part may stay
        incoming.discard()
        raise


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what a file holds from where it stands."""
    while block := file.read(_BLOCK_BYTES):
        yield block


def write_all(file: FileIO, chunk: bytes) -> None:
    """Write all of `chunk` to an unbuffered file. Raises `OSError` where the disk is full."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]
