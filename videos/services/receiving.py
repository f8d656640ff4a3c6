"""One request's turn at the file of a resumable upload: bytes come, are written, and kept."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, Self

from django.conf import settings
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from pipeline import store
from videos.errors import VideosError
from videos.models import Upload
from videos.services import locks
from videos.services.admission import check_disk, upload_too_large
from videos.services.uploads import UploadIncomplete, write_all

# What a killed server forgets of what it has received, at most.
_KEEP_EVERY_S = 1.0
# A client that says nothing for so long is gone.
_LONGEST_SILENCE_S = 60.0


class UploadLocked(VideosError):
    """Another request is at this upload."""

    code = "upload_locked"

    def __init__(self) -> None:
        super().__init__("Another request is at this upload. Ask for its offset in a moment.")


class BeyondLength(VideosError):
    """The body holds more than the upload's length leaves."""

    code = "beyond_length"


class ChecksumMismatch(VideosError):
    """The body is not what its checksum says; none of it was taken."""

    code = "checksum_mismatch"


class UploadStalled(VideosError):
    """The client said nothing for too long; what came is kept."""

    code = "upload_stalled"


class Body(Protocol):
    """What a request brings: chunks, and None whenever the client is silent for a moment."""

    @property
    def size_bytes(self) -> int | None:
        """As announced; None: it ends when it ends."""

    def __iter__(self) -> Iterator[bytes | None]: ...


@dataclass(frozen=True)
class Checksum:
    """What a body's bytes must hash to."""

    algorithm: str
    digest: bytes


def receive(upload: Upload, body: Body, checksum: Checksum | None) -> None:
    """Append the body to the upload, whose lock the caller holds.

    Whatever ends it early, what came is kept; with a checksum all of the body is, or nothing.
    Raises `BeyondLength`, `ChecksumMismatch`, `StorageFull`, `UploadIncomplete`, `UploadLocked`,
    `UploadStalled`, and `OSError` where the disk is full.
    """
    _check_fits(upload, upload.received_bytes + (body.size_bytes or 0))
    claimed = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    # One pass over the bytes where one request brings them all; else they are read again.
    brings_all = upload.received_bytes == 0 and body.size_bytes in (None, upload.size_bytes)
    sha256 = hashlib.sha256() if brings_all else None
    digests = [digest for digest in (claimed, sha256) if digest]
    with Part(upload) as part:
        try:
            for chunk in _while_welcome(upload, body):
                _check_fits(upload, part.size_bytes + len(chunk))
                part.write(chunk)
                for digest in digests:
                    digest.update(chunk)
                if not checksum:
                    part.keep_now_and_then()
            if body.size_bytes is not None and part.came_bytes < body.size_bytes:
                raise UploadIncomplete(
                    f"Only {part.came_bytes} of {body.size_bytes} bytes came. Ask for the offset."
                )
            if checksum and claimed and claimed.digest() != checksum.digest:
                raise ChecksumMismatch("The body does not match its checksum. Send it again.")
        except BaseException:  # whatever happened
            if not checksum:
                part.keep()
            raise
        whole = part.size_bytes == upload.size_bytes
        part.keep(checksum_sha256=sha256.hexdigest() if sha256 and whole else "")


def expiry() -> Combinable:
    """Return when an upload expires to which nothing comes from now on."""
    return Now() + timedelta(seconds=settings.UPLOAD_EXPIRES_S)


def _check_fits(upload: Upload, size_bytes: int) -> None:
    if upload.size_bytes is not None and size_bytes > upload.size_bytes:
        raise BeyondLength(f"The upload's length is {upload.size_bytes}: send no more than that.")
    if size_bytes > settings.MAX_UPLOAD_BYTES:
        raise upload_too_large()


def _while_welcome(upload: Upload, body: Body) -> Iterator[bytes]:
    """Yield the body's chunks. Raises `UploadLocked`, `UploadStalled` while the client is silent."""
    heard_at_s = time.monotonic()
    for chunk in body:
        if chunk is not None:
            heard_at_s = time.monotonic()
            yield chunk
        elif locks.wanted(upload.id):
            raise UploadLocked  # most often by the same client, which lost this connection
        elif time.monotonic() > heard_at_s + _LONGEST_SILENCE_S:
            raise UploadStalled(
                f"Nothing came for {_LONGEST_SILENCE_S:.0f} s. Go on in a new request."
            )


class Part:
    """The file of an upload, open for one writer; what is written counts once it is kept."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._begun_at = self.size_bytes = upload.received_bytes
        self._kept_at_s = time.monotonic()
        store.make_incoming_dir()
        path = store.part_path(upload.id)
        self._file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        try:
            # Who lost the session that held the lock may not know yet, and go on writing.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.truncate(self.size_bytes)
            self._file.seek(self.size_bytes)
        except BlockingIOError:
            self._file.close()
            raise UploadLocked from None

    @property
    def came_bytes(self) -> int:
        """How much this request has brought."""
        return self.size_bytes - self._begun_at

    def write(self, chunk: bytes) -> None:
        """Append `chunk`. Raises `StorageFull`, or `OSError` where the disk is full."""
        check_disk(len(chunk))
        write_all(self._file, chunk)
        self.size_bytes += len(chunk)

    def keep(self, **values: Any) -> None:
        """Make what was written durable, then say so in the row, with more `values`.

        Raises `UploadLocked` where somebody else has changed the row meanwhile, or removed it.
        """
        os.fsync(self._file.fileno())
        row = Upload.objects.filter(id=self._upload.id, received_bytes=self._upload.received_bytes)
        values |= {"received_bytes": self.size_bytes, "expires_at": expiry()}
        if not row.update(**values):
            raise UploadLocked
        self._upload.refresh_from_db(fields=values)
        self._kept_at_s = time.monotonic()

    def keep_now_and_then(self) -> None:
        """Keep what came, about every second."""
        if time.monotonic() > self._kept_at_s + _KEEP_EVERY_S:
            self.keep()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()
