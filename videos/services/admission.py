"""Whether another file may come in: the server's limit on size, room on the disk, quotas."""

import math
import shutil
from uuid import UUID

from django.conf import settings

from pipeline import store
from videos import selectors
from videos.errors import VideosError
from videos.models import Workspace

# Bounds on the wait that is advised; the estimate between them is this server's own.
_SHORTEST_WAIT_S = 5
_LONGEST_WAIT_S = 3600
_UNKNOWN_WAIT_S = 60


class UploadTooLarge(VideosError):
    """The file is over this server's limit."""

    code = "upload_too_large"


class StorageFull(VideosError):
    """Taking the file in would leave too little room on the disk."""

    code = "storage_full"


class QuotaExceeded(VideosError):
    """The workspace has no room for it, whatever the disk has."""

    code = "quota_exceeded"


class TooManyVideos(VideosError):
    """As many analyses of the workspace as may be are under way; `retry_after_s` guesses an end."""

    code = "too_many_videos"

    def __init__(self, message: str, *, limit: int, retry_after_s: int) -> None:
        super().__init__(message, limit=limit)
        self.retry_after_s = retry_after_s


def admit(*, workspace: Workspace, size_bytes: int | None, upload_id: UUID | None = None) -> None:
    """Let a file of `size_bytes` (None: not known yet) come in, or raise.

    Every way in asks before it takes the first byte, so that nobody sends gigabytes in vain. It
    holds nothing: `video_create` asks for good, with the true size. `upload_id` is the upload that
    the file comes by, whose bytes are there already. Raises `UploadTooLarge`, `StorageFull`,
    `QuotaExceeded`, `TooManyVideos`.
    """
    size_bytes = size_bytes or 0
    if size_bytes > settings.MAX_UPLOAD_BYTES:
        raise upload_too_large()
    check_disk(size_bytes)
    check_quotas(workspace=workspace, size_bytes=size_bytes, upload_id=upload_id)


def admit_for_good(*, workspace: Workspace, size_bytes: int, upload_id: UUID | None = None) -> None:
    """Ask once more, in the transaction that inserts the video; raises as `admit` does.

    Where a quota is set, the workspace's row stays locked until that transaction ends: of two
    that race for the last place, the second counts the first. The lock lets other rows go on
    referring to the workspace.
    """
    if workspace.has_quota:
        locked = Workspace.objects.select_for_update(no_key=True).get(id=workspace.id)
        check_quotas(workspace=locked, size_bytes=size_bytes, upload_id=upload_id)


def upload_too_large() -> UploadTooLarge:
    """Return the refusal of a file that is over the limit."""
    limit_bytes = settings.MAX_UPLOAD_BYTES
    return UploadTooLarge(
        f"The file is over this server's limit of {limit_bytes} bytes.", limit_bytes=limit_bytes
    )


def check_disk(size_bytes: int) -> None:
    """See that so many more bytes leave the disk its floor. Raises `StorageFull`.

    Asked again for every chunk that comes: others fill the same disk meanwhile.
    """
    if shutil.disk_usage(store.make_root()).free - size_bytes < settings.MIN_FREE_BYTES:
        raise StorageFull("This server's disk has no room for the file. Try again later.")


def check_quotas(*, workspace: Workspace, size_bytes: int, upload_id: UUID | None = None) -> None:
    """See that the workspace has room for it now. Raises `QuotaExceeded`, `TooManyVideos`."""
    if not workspace.has_quota:
        return
    used = selectors.usage(workspace=workspace, but=upload_id)
    _check_quota("bytes", used.size_bytes + size_bytes, workspace.max_bytes)
    _check_quota("videos", used.videos + 1, workspace.max_videos)
    limit = workspace.max_open_analyses
    if limit is not None and used.open_analyses >= limit:
        raise TooManyVideos(
            f"{used.open_analyses} analyses are under way, of {limit} that may be at once. "
            "Send this video when one of them has ended.",
            limit=limit,
            retry_after_s=_wait_s(workspace),
        )


def check_uploads(*, workspace: Workspace) -> None:
    """See that one more upload may begin. Raises `QuotaExceeded`.

    Those under way count as the videos that they may become, or any number of empty ones could be
    begun. Who finishes one is not asked this again: others that began meanwhile take no place.
    """
    if workspace.max_videos is not None:
        used = selectors.usage(workspace=workspace)
        _check_quota("videos", used.videos + used.uploads + 1, workspace.max_videos)


def check_bytes(*, workspace: Workspace, size_bytes: int, upload_id: UUID) -> None:
    """See that the workspace has room for so much of an upload. Raises `QuotaExceeded`.

    Asked whenever some of it comes: many that are begun and never ended fill the disk as well.
    """
    if workspace.max_bytes is not None:
        used = selectors.usage(workspace=workspace, but=upload_id)
        _check_quota("bytes", used.size_bytes + size_bytes, workspace.max_bytes)


def _check_quota(what: str, needed: int, limit: int | None) -> None:
    if limit is not None and needed > limit:
        raise QuotaExceeded(
            f"With this file the workspace would have {needed} {what}, and its quota is {limit}. "
            "Delete videos, or ask whoever runs the server for more.",
            quota=what,
            limit=limit,
        )


def _wait_s(workspace: Workspace) -> int:
    """Return in how many seconds the next of the workspace's analyses might end."""
    soonest_s = selectors.soonest_end_s(workspace=workspace)
    wait_s = _UNKNOWN_WAIT_S if soonest_s is None else math.ceil(soonest_s)
    return min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
