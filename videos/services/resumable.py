"""Uploads that arrive in parts: what was acknowledged is never lost, and each makes one video.

Whoever reads or changes an upload that is under way holds its lock: the offset stands still while
a client learns it, and two clients never write at once.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from pipeline import store
from videos.errors import VideosError
from videos.models import Upload, Workspace
from videos.names import display_name
from videos.services import locks
from videos.services.admission import admit, check_bytes, check_disk, check_uploads
from videos.services.receiving import Body, Checksum, UploadLocked, expiry, receive
from videos.services.uploads import EmptyFile, StoredUpload
from videos.services.videos import video_create, video_create_or_get

logger = logging.getLogger(__name__)

# How long a request waits for another one to end. One whose client is silent ends within a second.
_PATIENCE_S = 3.0


class UploadExpired(VideosError):
    """Nothing came for so long that the upload was given up."""

    code = "upload_expired"


class UploadLost(VideosError):
    """What had arrived is not on this machine's disk."""

    code = "upload_lost"


class OffsetMismatch(VideosError):
    """The client goes on from another place than where the upload stands."""

    code = "offset_mismatch"


class LengthMismatch(VideosError):
    """The upload's length was known already, or is less than what is there."""

    code = "length_mismatch"


def upload_create(
    *,
    workspace: Workspace,
    user: User | None,
    size_bytes: int | None,
    filename: str,
    metadata_header: str,
    video_fields: Mapping[str, Any],
) -> Upload:
    """Begin an upload; `size_bytes` None: it is told later. Raises `EmptyFile`, and as `admit`."""
    _check_size(workspace, size_bytes)
    check_uploads(workspace=workspace)
    upload = Upload.objects.create(
        workspace=workspace,
        user=user,
        filename=display_name(filename),
        size_bytes=size_bytes,
        metadata_header=metadata_header,
        video_fields=dict(video_fields),
        expires_at=expiry(),
    )
    upload.refresh_from_db(fields=["expires_at"])
    return upload


def upload_append(
    *,
    upload: Upload,
    offset: int,
    body: Body,
    size_bytes: int | None = None,
    checksum: Checksum | None = None,
) -> Upload:
    """Take `body` in at `offset`; an upload that is whole then becomes a video.

    `size_bytes` tells the length where it was not known. Raises `UploadExpired`, `UploadLost`,
    `OffsetMismatch`, `LengthMismatch`, as `receive` does, and as `video_create` does.
    """
    with _alone(upload) as current:
        if offset != current.received_bytes:
            raise OffsetMismatch(
                f"The upload stands at {current.received_bytes}: go on from there.",
                offset=current.received_bytes,
            )
        if size_bytes is not None:
            _set_size(current, size_bytes)
        if body.size_bytes != 0:
            will_have = current.size_bytes or offset + (body.size_bytes or 0)
            check_disk(will_have - offset)
            check_bytes(workspace=current.workspace, size_bytes=will_have, upload_id=current.id)
            receive(current, body, checksum)
        _finish(current)
        return current


def upload_look(*, upload: Upload) -> Upload:
    """Return the upload as it stands, made a video of if its last byte is there.

    While another request is busy with it, that is what this one has kept so far. Raises
    `UploadExpired`, `UploadLost`.
    """
    try:
        with _alone(upload) as current:
            try:
                _finish(current)
            except (VideosError, OSError) as error:  # a quota, say: the sweeper tries again
                logger.info("upload %s makes no video yet: %s", current.id, error)
            return current
    except UploadLocked:
        return _current(upload)


def upload_terminate(*, upload: Upload) -> None:
    """Forget the upload; a video that it became stays. Raises `UploadLocked`."""
    with _locked(upload):
        _remove(upload)


def uploads_sweep() -> int:
    """Make videos of uploads that are whole, remove those that expired; return how many."""
    whole = Upload.objects.filter(video=None, received_bytes=F("size_bytes"))
    swept = 0
    for upload in whole.union(Upload.objects.expired(), all=True):
        try:
            swept += _sweep(upload)
        except (VideosError, OSError) as error:
            logger.warning("upload %s cannot be swept: %s", upload.id, error)
    return swept


def _sweep(upload: Upload) -> bool:
    try:
        with _locked(upload, wait_s=0.01):
            if Upload.objects.expired().filter(id=upload.id).exists():
                _remove(upload)
                return True
            return _is_here(upload) and _finish(_settled(_current(upload)))
    except (UploadLocked, Upload.DoesNotExist):
        return False  # somebody is at it, or was just now


@contextmanager
def _alone(upload: Upload) -> Iterator[Upload]:
    """Hold the upload's lock; yield it as the database and the disk have it then."""
    with _locked(upload):
        yield _settled(_current(upload))


@contextmanager
def _locked(upload: Upload, wait_s: float = _PATIENCE_S) -> Iterator[None]:
    try:
        with locks.held(upload.id, wait_s=wait_s):
            yield
    except locks.Taken as error:
        raise UploadLocked from error


def _current(upload: Upload) -> Upload:
    if Upload.objects.expired().filter(id=upload.id).exists():
        raise UploadExpired("The upload has expired. Begin a new one.")
    current: Upload = Upload.objects.select_related("workspace", "user").get(id=upload.id)
    return current


def _settled(upload: Upload) -> Upload:
    """Bring row and part together, between whichever two steps somebody was killed.

    Raises `UploadLost`.
    """
    if upload.video_id:
        return upload
    part = store.part_path(upload.id)
    if not part.exists() and store.source_path(upload.id).exists():
        store.release_source(upload.id, part)  # a video was about to be made of it
    there = part.stat().st_size if part.exists() else 0
    if upload.received_bytes and not there:
        raise UploadLost("What had arrived is not on this machine. Begin a new upload.")
    if there < upload.received_bytes:
        logger.error("of upload %s only %d bytes are left", upload.id, there)
        upload.received_bytes, upload.checksum_sha256 = there, ""
        upload.save(update_fields=["received_bytes", "checksum_sha256"])
    return upload


def _is_here(upload: Upload) -> bool:
    """Whether what has arrived lies on this machine, which need not be the one that took it."""
    return store.part_path(upload.id).exists() or store.source_path(upload.id).exists()


def _finish(upload: Upload) -> bool:
    """Make the video of an upload that is whole and has none; return whether it was so."""
    if upload.video_id or not upload.is_whole:
        return False
    part = store.part_path(upload.id)
    if not upload.checksum_sha256:
        with part.open("rb") as file:
            upload.checksum_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        upload.save(update_fields=["checksum_sha256"])
    assert upload.size_bytes  # noqa: S101  it is whole
    stored = StoredUpload(part, upload.filename, upload.size_bytes, upload.checksum_sha256)
    make = upload.video_fields | {
        "workspace": upload.workspace,
        "upload": stored,
        "user": upload.user,
        "video_id": upload.id,
    }
    with transaction.atomic():
        if make.pop("on_duplicate") == "return":
            upload.video, _ = video_create_or_get(**make)
        else:
            upload.video = video_create(**make)
        upload.save(update_fields=["video"])
    stored.discard()
    return True


def _remove(upload: Upload) -> None:
    Upload.objects.filter(id=upload.id).delete()
    store.part_path(upload.id).unlink(missing_ok=True)


def _set_size(upload: Upload, size_bytes: int) -> None:
    if upload.size_bytes == size_bytes:
        return
    if upload.size_bytes is not None:
        raise LengthMismatch(f"The upload's length is {upload.size_bytes}, and stays so.")
    if size_bytes < upload.received_bytes:
        raise LengthMismatch(f"{upload.received_bytes} bytes are there already.")
    _check_size(upload.workspace, size_bytes, upload.id)
    upload.size_bytes = size_bytes
    upload.save(update_fields=["size_bytes"])


def _check_size(
    workspace: Workspace, size_bytes: int | None, upload_id: UUID | None = None
) -> None:
    if size_bytes == 0:
        raise EmptyFile("The file is empty. Send one with a video in it.")
    admit(workspace=workspace, size_bytes=size_bytes, upload_id=upload_id)
