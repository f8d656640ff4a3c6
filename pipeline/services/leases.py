"""The lease under which a worker carries out a stage.

A claim sets a fresh token; every later write carries it. A worker whose lease was lost finds no
row under its token, and nothing it computed counts.
"""

import random
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Now

from pipeline.models import PipelineRun, StageRun
from pipeline.results import Coverage, Fetched, Sharded
from pipeline.services.doorbell import ring
from pipeline.services.progress import advance
from pipeline.services.quota import beyond_quota
from pipeline.services.runs import plan_again
from pipeline.writers import erase, write
from videos.lifecycle import Reason, moved
from videos.models import Video

_FIRST_BACKOFF_S = 2.0
_LONGEST_BACKOFF_S = 300.0
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
    language: str
    source_url: str
    """Where its bytes still are; empty: here."""
    duration_ms: int
    """The video's, or that of the part; 0 before the video is probed, and no more than its bytes
    can hold: a kilobyte that claims ten hours gets a deadline of minutes."""
    upstream: dict[str, str]
    """Stage name → artefact folder, of the inputs that gave a result."""
    parts: tuple[str, ...]
    """Artefact folders of its parts, by shard, where it is split and this joins them."""


@dataclass(frozen=True)
class Succeeded:
    model: str
    artefact: str
    result: Any
    reused: bool = False
    """Taken over, not computed."""


@dataclass(frozen=True)
class Skipped:
    reason: Reason
    reused: bool = False


@dataclass(frozen=True)
class Failed:
    reason: Reason


@dataclass(frozen=True)
class Again:
    """It may go better next time; after the last attempt it is a failure."""

    reason: Reason
    wait_s: float = 0.0
    """How long to wait at least."""
    lost: bool = False
    """The machines failed, not the file: counted as a loss, of which a stage may have many."""


@dataclass(frozen=True)
class Cancelled:
    """Somebody wished for the end of the run."""


Outcome = Succeeded | Skipped | Failed | Again | Cancelled


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
    )
    return Lease(
        stage_id=stage.id,
        run_id=stage.run_id,
        video_id=video.id,
        token=token,
        name=stage.name,
        shard=stage.shard,
        queue=stage.queue,
        parameters=stage.parameters,
        language=video.language,
        source_url="" if video.has_bytes else video.source_url,
        duration_ms=_duration_ms(stage),
        upstream=dict(inputs.values_list("name", "artefact")),
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
    changed = _held(lease).update(
        lease_expires_at=_lease_end(), progress=Greatest(F("progress"), Value(progress))
    )
    return bool(changed)


def standing(lease: Lease) -> Standing:
    """Tell whether the lease still holds and its run is still wanted."""
    cancel_requested = _held(lease).values_list("run__cancel_requested", flat=True).first()
    if cancel_requested is None:
        return Standing.LOST
    return Standing.CANCELLED if cancel_requested else Standing.HELD


def keeps(lease: Lease, artefact: str) -> bool:
    """Tell whether the stage ended with the files of this folder."""
    return StageRun.objects.filter(id=lease.stage_id, artefact=artefact).exists()


def is_gone(lease: Lease) -> bool:
    """Tell whether the stage's video was deleted."""
    return not Video.objects.filter(id=lease.video_id).exists()


@transaction.atomic
def settle(lease: Lease, outcome: Outcome) -> bool:
    """Record how the stage ended, store its findings and let the run go on; all of it or nothing.

    False: the lease is lost, and nothing was written. The run row's lock comes first: without it
    two stages that end at once each miss the other.
    """
    run = PipelineRun.objects.select_for_update().filter(id=lease.run_id).first()
    if run is None:
        return False
    if isinstance(outcome, Again):
        if not run.cancel_requested:
            return _try_again(lease, run, outcome)
        outcome = Cancelled()
    if isinstance(outcome, Succeeded) and isinstance(outcome.result, Fetched):
        refusal = beyond_quota(run.video, outcome.result)
        outcome = Failed(refusal) if refusal else outcome
    values = {"lease_token": None, "lease_expires_at": None, "finished_at": Now()}
    if not _held(lease).update(**values, **_end(outcome)):
        return False
    stage = StageRun.objects.get(id=lease.stage_id)
    if isinstance(outcome, Succeeded):
        write(stage, outcome.result)
        if isinstance(outcome.result, Fetched):
            plan_again(run)
    elif stage.finished and not stage.shard:
        erase(stage)
    advance(run)
    return True


def _end(outcome: Succeeded | Skipped | Failed | Cancelled) -> dict[str, Any]:
    """Return what the stage's row is to hold."""
    status = StageRun.Status
    match outcome:
        case Succeeded(model=model, artefact=artefact, result=result, reused=reused):
            done = {"model": model, "artefact": artefact, "progress": 1.0, "reused": reused}
            known = {"shard_lengths_ms": _lengths_ms(result), "coverage": _coverage(result)}
            return {"status": status.SUCCEEDED, **done, **known}
        case Skipped(reason=reason, reused=reused):
            return {"status": status.SKIPPED, "reason": reason, "reused": reused}
        case Failed(reason=reason):
            return {"status": status.FAILED, "reason": reason}
        case Cancelled():
            return {"status": status.CANCELLED}


def _lengths_ms(result: object) -> list[int]:
    """Return how long the shards are that a result names, if it names any."""
    if not isinstance(result, Sharded):
        return []
    return [shard.end_ms - shard.start_ms for shard in result.shards]


def _coverage(result: object) -> dict[str, int] | None:
    """Return how closely the stage looked at the pictures, if it did."""
    coverage = getattr(result, "coverage", None)
    return asdict(coverage) if isinstance(coverage, Coverage) else None


@transaction.atomic
def hand_back(lease: Lease) -> bool:
    """Give the stage up unfinished, as if it had never been claimed; False: it was lost already.

    Under the run row's lock: a wish to cancel that comes at once must not find it still running,
    and leave it in the queue.
    """
    run = PipelineRun.objects.select_for_update().filter(id=lease.run_id).first()
    if run is None:
        return False
    if run.cancel_requested:
        return settle(lease, Cancelled())
    if not _requeue(lease, run, attempt=F("attempt") - 1):
        return False
    ring(lease.queue)
    return True


def _try_again(lease: Lease, run: PipelineRun, outcome: Again) -> bool:
    stage = _held(lease).first()
    if stage is None:
        return False
    tries, most = stage.attempt, stage.max_attempts
    values: dict[str, Any] = {"reason": outcome.reason}
    if outcome.lost:
        tries, most = stage.losses + 1, settings.PIPELINE_MAX_LOSSES
        values |= {"losses": tries, "attempt": F("attempt") - 1}
    if tries >= most:
        return settle(lease, Failed(outcome.reason))
    delay_s = max(outcome.wait_s, backoff_s(tries))
    _requeue(lease, run, run_after=Now() + timedelta(seconds=delay_s), **values)
    ring(lease.queue, delay_s=delay_s)
    return True


def backoff_s(attempt: int) -> float:
    """Return how long to wait after the `attempt`th try: doubling, with jitter, bounded."""
    full: float = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2 ** (attempt - 1))
    return full * random.uniform(0.5, 1.0)  # noqa: S311  spreads load, guards no secret


def _requeue(lease: Lease, run: PipelineRun, **values: Any) -> int:
    changed: int = _held(lease).requeue(priority=run.priority, turn=run.turn, **values)
    return changed


def _held(lease: Lease) -> Any:
    return StageRun.objects.held(lease.token).filter(id=lease.stage_id)


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.PIPELINE_LEASE_S)
