"""Signatures, and which other videos show the same."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from pipeline.models import StageRun
from pipeline.results import Signatures
from pipeline.writers.duplicates import find_candidates, find_duplicates, middle
from videos.models import Duplicate, Signature, Video


def write_signatures(stage_run: StageRun, result: Signatures) -> None:
    """Replace the video's signatures, and what it shares with others of its workspace."""
    video = stage_run.run.video
    _take_turn(video)
    Signature.objects.filter(video=video).delete()
    candidates = find_candidates(video, result.signatures)
    known = Duplicate.objects.filter(Q(video=video) | Q(other=video))
    partners = {one for pair in known.values_list("video_id", "other_id") for one in pair}
    there = _held({candidate.video_id for candidate in candidates} | partners)
    known.delete()
    duplicates = find_duplicates(
        result.signatures, [one for one in candidates if one.video_id in there]
    )
    Duplicate.objects.bulk_create(_of(stage_run, duplicates))
    Signature.objects.bulk_create(
        (
            Signature(
                video=video,
                workspace_id=video.workspace_id,
                stage_run=stage_run,
                start_ms=one.start_ms,
                end_ms=one.end_ms,
                bits=middle(one.pictures),
                pictures=one.pictures,
            )
            for one in result.signatures
        ),
        batch_size=1000,
    )


def _take_turn(video: Video) -> None:
    """Wait for other videos of the workspace that are being written, and have later ones wait.

    Of two at once, neither would see the other's signatures.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"signatures of {video.workspace_id}"],
        )


def _held(videos: Iterable[UUID]) -> set[UUID]:
    """Keep videos from being deleted until the transaction ends, and return those that are there.

    Whoever deletes one locks it before what refers to it: so do we.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM videos_video WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
            [list(videos)],
        )
        return {row[0] for row in cursor.fetchall()}


def _of(stage_run: StageRun, duplicates: Iterable[Duplicate]) -> list[Duplicate]:
    found = list(duplicates)
    for duplicate in found:
        duplicate.video_id = stage_run.run.video_id
        duplicate.stage_run = stage_run
    return found
