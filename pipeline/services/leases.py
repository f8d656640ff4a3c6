"""The lease under which a worker carries out a stage.

A claim sets a fresh token; every later write carries it. A worker whose lease was lost finds no
row under its token, and nothing it computed counts.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Now

from pipeline.models import StageRun
from videos.lifecycle import moved
from videos.models import Video

# 50 bytes a second: silence in FLAC takes that; nothing that takes time to analyse takes less.
_MOST_MS_A_BYTE = 20


@dataclass(frozen=True)
class Lease:
    """A claimed stage, with all that carrying it out takes."""

    stage_id: UUID
    run_id: UUID
    video_id: UUID
    token: UUID
    name: str
    shard: int
    """0: the stage itself; 1..n: its part for that shard."""
    queue: str
    parameters: dict[str, Any]
    source_url: str
    """Where its bytes still are; empty: here."""
    duration_ms: int
    """The video's, or that of the part; 0 before the video is probed, and no more than its bytes
    can hold: a kilobyte that claims ten hours gets a deadline of minutes."""
    upstream: dict[str, str]
    """Stage name → artefact folder, of the inputs that gave a result."""
    versions: dict[str, int]
    """By which its plan has the stage and these inputs, by name."""
    parts: tuple[str, ...]
    """Artefact folders of its parts, by shard, where it is split and this joins them."""


class Standing(Enum):
    """What a worker that is at a stage has to know."""

    HELD = auto()
    CANCELLED = auto()
    """Stop, and settle as cancelled."""
    LOST = auto()
    """Somebody else has the stage, or it is gone: whatever is computed counts no more."""


@transaction.atomic
def claim(*, queue: str, worker: str) -> Lease | None:
    """Take the most urgent ready stage of `queue`, counting the attempt; None if there is none."""
    stage = (
        StageRun.objects.ready(queue)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("run__video__media")
        .first()
    )
    if stage is None:
        return None
    token = uuid4()
    StageRun.objects.filter(id=stage.id).update(
        status=StageRun.Status.RUNNING,
        attempt=F("attempt") + 1,
        lease_token=token,
        lease_expires_at=_lease_end(),
        worker=worker,
        started_at=Now(),
        progress=0.0,  # of this attempt: one that looks almost done for an hour looks stuck
        reason=None,
    )
    video = stage.run.video
    moved(Video.objects.filter(id=video.id, status=Video.Status.UPLOADED), Video.Status.PROCESSING)
    inputs = StageRun.objects.filter(
        run=stage.run,
        name__in=[*stage.needs, *stage.wants],
        shard=0,
        status=StageRun.Status.SUCCEEDED,
    ).only("name", "artefact", "version")
    return Lease(
        stage_id=stage.id,
        run_id=stage.run_id,
        video_id=video.id,
        token=token,
        name=stage.name,
        shard=stage.shard,
        queue=stage.queue,
        parameters=stage.parameters,
        source_url="" if video.has_bytes else video.source_url,
        duration_ms=_duration_ms(stage),
        upstream={row.name: row.artefact for row in inputs},
        versions={row.name: row.version for row in (stage, *inputs)},
        parts=() if stage.shard else _parts(stage),
    )


def _duration_ms(stage: StageRun) -> int:
    if stage.media_ms is not None:
        return stage.media_ms
    video = stage.run.video
    if not hasattr(video, "media"):
        return 0
    return min(int(video.media.duration_ms), (video.size_bytes or 0) * _MOST_MS_A_BYTE)


def _parts(stage: StageRun) -> tuple[str, ...]:
    """Return where the results of all its parts lie: it is queued once every one of them is there."""
    parts = StageRun.objects.filter(run=stage.run, name=stage.name, shard__gt=0)
    return tuple(parts.order_by("shard").values_list("artefact", flat=True))


def renew(lease: Lease, *, progress: float) -> bool:
    """Extend the lease and tell progress, which never falls in an attempt; False: the lease is lost."""
    changed = held(lease).update(
        lease_expires_at=_lease_end(), progress=Greatest(F("progress"), Value(progress))
    )
    return bool(changed)


def standing(lease: Lease) -> Standing:
    """Tell whether the lease still holds and its run is still wanted."""
    cancel_requested = held(lease).values_list("run__cancel_requested", flat=True).first()
    if cancel_requested is None:
        return Standing.LOST
    return Standing.CANCELLED if cancel_requested else Standing.HELD


def keeps(lease: Lease, artefact: str) -> bool:
    """Tell whether the stage ended with the files of this folder."""
    return StageRun.objects.filter(id=lease.stage_id, artefact=artefact).exists()


def is_gone(lease: Lease) -> bool:
    """Tell whether the stage's video was deleted."""
    return not Video.objects.filter(id=lease.video_id).exists()


def held(lease: Lease) -> Any:
    """Return the row that the lease still owns, as a query set: none where it is lost."""
    return StageRun.objects.held(lease.token).filter(id=lease.stage_id)


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.PIPELINE_LEASE_S)
