"""What can be done to a video."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now

from pipeline import database, store
from pipeline import services as pipeline
from pipeline.models import PipelineRun, StageRun
from videos.errors import VideosError
from videos.models import Media, Removal, Video, Workspace
from videos.services.admission import admit_for_good, check_quotas
from videos.services.uploads import StoredUpload


class UnknownAudioTrack(VideosError):
    """The video's file has no sound in this stream."""

    code = "unknown_audio_track"


def video_create(
    *,
    workspace: Workspace,
    upload: StoredUpload,
    user: User | None = None,
    video_id: UUID | None = None,
    title: str = "",
    language: str = "",
    profile: str = Video.Profile.STANDARD,
    priority: int = 5,
    vocabulary: Sequence[str] = (),
    audio_track: int | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Video:
    """Take over the upload, and start its analysis in the transaction that inserts the video.

    `user` uploads it; None: the command line. `video_id` is chosen here unless the caller has one.
    If that fails nothing is left, no row and no message, and the upload is its owner's as before.
    Raises as `admit` does where a quota has been used up meanwhile.
    """
    video_id = video_id or uuid4()
    # No bucket gets it in vain.
    check_quotas(workspace=workspace, size_bytes=upload.size_bytes, upload_id=video_id)
    with transaction.atomic(), _released_on_failure(video_id, upload):
        store.adopt_source(video_id, upload.path, sha256=upload.checksum_sha256)
        admit_for_good(workspace=workspace, size_bytes=upload.size_bytes, upload_id=video_id)
        return insert(
            Video(
                id=video_id,
                workspace=workspace,
                uploaded_by=user,
                title=title,
                filename=upload.filename,
                size_bytes=upload.size_bytes,
                checksum_sha256=upload.checksum_sha256,
                language=language,
                profile=profile,
                priority=priority,
                vocabulary=list(vocabulary),
                audio_track=audio_track,
                metadata=dict(metadata or {}),
            )
        )


def insert(video: Video) -> Video:
    """Insert a video, called like its file where it has no title, and start its first analysis.

    In the caller's transaction; whichever way it comes in.
    """
    video.title = video.title or Path(video.filename).stem
    database.insert([video])
    run = pipeline.start(video=video, user=video.uploaded_by, is_first=True)
    video.newest_analysis = [run]
    return video


@transaction.atomic
def video_create_or_get(
    *, workspace: Workspace, upload: StoredUpload, **values: Any
) -> tuple[Video, bool]:
    """Return the newest video with the same bytes that has not failed, and False.

    Where there is none, make one as `video_create` does, with the same `values`, and return it and
    True. Of two that bring the same bytes at once, the second gets the first one's video. Nobody
    deletes it before the caller's transaction ends.
    """
    _lock_bytes(workspace, upload.checksum_sha256)
    same = Video.objects.of(workspace).filter(checksum_sha256=upload.checksum_sha256)
    newest = same.exclude(status=Video.Status.FAILED).order_by("-created_at")
    if there := newest.select_for_update(no_key=True).first():
        return there, False
    return video_create(workspace=workspace, upload=upload, **values), True


def _lock_bytes(workspace: Workspace, checksum_sha256: str) -> None:
    """Hold back others that ask for a video of these bytes, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{workspace.id} {checksum_sha256}"],
        )


@contextmanager
def _released_on_failure(video_id: UUID, upload: StoredUpload) -> Iterator[None]:
    """Take the upload from the video again where what must be committed with it fails.

    Within the transaction, not around it: where the connection breaks at the commit itself nobody
    knows whether there is a row. Then the file stays, and the sweeper sets it aside if there is
    none.
    """
    try:
        yield
    except BaseException:  # whatever happened, no file may stay without its row
        store.release_source(video_id, upload.path)
        raise


@transaction.atomic
def video_update(*, video: Video, changes: Mapping[str, Any]) -> Video:
    """Change what the client may: `title`, `metadata`, … A new priority holds for the work not yet begun.

    What bears on hearing holds from the next analysis on. Raises `UnknownAudioTrack` where it is
    known that the file has no such track.
    """
    _check_track(video, changes.get("audio_track"))
    for name, value in changes.items():
        setattr(video, name, value)
    Video.objects.filter(id=video.id).update(**changes, updated_at=Now())
    if "priority" in changes:
        # Not before: a run that opens by now reads the new one, or is there. Nor with it: a worker
        # that claims locks stages before the video.
        transaction.on_commit(partial(pipeline.reprioritise, video=video))
    return video


def _check_track(video: Video, index: int | None) -> None:
    media = Media.objects.filter(video=video).first() if index is not None else None
    if media is None:
        return
    known = [stream["index"] for stream in media.audio_streams]
    if index not in known:
        message = f"The video has no audio track {index}; " + (
            f"it has: {', '.join(map(str, known))}." if known else "it has none."
        )
        raise UnknownAudioTrack(message, errors={"audio_track": [message]})


@transaction.atomic
def video_retry(*, video: Video, user: User | None = None) -> PipelineRun:
    """Run what failed again. Raises `InvalidTransition` unless the video failed or was cancelled."""
    return pipeline.retry(video=video, user=user)


@transaction.atomic
def video_reprocess(
    *, video: Video, stages: Collection[str] = (), user: User | None = None
) -> PipelineRun:
    """Run the named stages (none: all) and what depends on them again.

    Raises `InvalidTransition` while it is analysed, `UnknownStage` for one that it does not have.
    """
    return pipeline.reprocess(video=video, stages=stages, user=user)


def video_reprocess_preview(*, video: Video, stages: Collection[str] = ()) -> pipeline.Preview:
    """Tell what `video_reprocess` would do. Raises as it does."""
    return pipeline.preview(video=video, stages=stages)


@transaction.atomic
def video_cancel(*, video: Video) -> PipelineRun:
    """End its analysis, within seconds. Raises `InvalidTransition` if none is under way."""
    return pipeline.cancel(video=video)


@transaction.atomic
def video_delete(*, video: Video) -> None:
    """Remove the video, everything found in it, and its files once that is committed.

    The sweeper removes what this process, killed or without storage, does not. A worker at one of
    its stages finds its lease gone and discards what it has.
    """
    video_id: UUID = video.id
    # In the order in which workers lock them; then no new row can refer to the video.
    list(PipelineRun.objects.select_for_update().filter(video=video).values_list("id"))
    list(StageRun.objects.select_for_update().filter(run__video=video).values_list("id"))
    Video.objects.select_for_update().filter(id=video_id).first()
    video.delete()
    removal, _ = Removal.objects.get_or_create(video_id=video_id)
    transaction.on_commit(lambda: pipeline.remove_files(removal), robust=True)
