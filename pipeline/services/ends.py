"""How a claimed stage ends, or comes back into the queue; every write carries its lease's token."""

import random
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from pipeline.models import PipelineRun, StageRun
from pipeline.results import Coverage, Fetched, Sharded
from pipeline.services.doorbell import ring
from pipeline.services.leases import Lease, held
from pipeline.services.progress import advance
from pipeline.services.quota import beyond_quota
from pipeline.services.runs import plan_again, replace
from pipeline.writers import erase, write
from videos.lifecycle import Reason

_FIRST_BACKOFF_S = 2.0
_LONGEST_BACKOFF_S = 300.0


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


@dataclass(frozen=True)
class Outdated:
    """Its plan is of older code than this, by which it is to be planned anew."""


@dataclass(frozen=True)
class Declined:
    """Its plan is of newer code than this worker's, who leaves it to others: nothing counts."""

    reason: Reason
    wait_s: float
    """How long to leave it."""


Outcome = Succeeded | Skipped | Failed | Again | Cancelled | Outdated | Declined


@transaction.atomic
def settle(lease: Lease, outcome: Outcome) -> bool:
    """Record how the stage ended, store its findings and let the run go on; all of it or nothing.

    False: the lease is lost, and nothing was written. The run row's lock comes first: without it
    two stages that end at once each miss the other.
    """
    run = PipelineRun.objects.select_for_update().filter(id=lease.run_id).first()
    if run is None:
        return False
    if isinstance(outcome, Again | Outdated | Declined):
        if not run.cancel_requested:
            return _come_back(lease, run, outcome)
        outcome = Cancelled()
    if isinstance(outcome, Succeeded) and isinstance(outcome.result, Fetched):
        refusal = beyond_quota(run.video, outcome.result)
        outcome = Failed(refusal) if refusal else outcome
    values = {"lease_token": None, "lease_expires_at": None, "finished_at": Now()}
    if not held(lease).update(**values, **_end(outcome)):
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


def _come_back(lease: Lease, run: PipelineRun, outcome: Again | Outdated | Declined) -> bool:
    match outcome:
        case Again():
            return _try_again(lease, run, outcome)
        case Outdated():
            return _plan_anew(lease, run)
        case Declined():
            return _leave(lease, run, outcome)


def _plan_anew(lease: Lease, run: PipelineRun) -> bool:
    if not held(lease).exists():
        return False
    replace(run)
    return True


def _leave(lease: Lease, run: PipelineRun, outcome: Declined) -> bool:
    due = Now() + timedelta(seconds=outcome.wait_s)
    left = _requeue(lease, run, attempt=F("attempt") - 1, run_after=due, reason=outcome.reason)
    if left:
        ring(lease.queue, delay_s=outcome.wait_s)
    return bool(left)


def _try_again(lease: Lease, run: PipelineRun, outcome: Again) -> bool:
    stage = held(lease).first()
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
    changed: int = held(lease).requeue(priority=run.priority, turn=run.turn, **values)
    return changed
