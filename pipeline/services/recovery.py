"""Picking up what a dead worker or a lost message left behind."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan

from pipeline import store
from pipeline.database import TROUBLE
from pipeline.models import PipelineRun, StageRun
from pipeline.services.doorbell import announced, ring
from pipeline.services.progress import advance

logger = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_RINGS = 1000


@dataclass(frozen=True)
class Recovered:
    """What was found and mended."""

    requeued: int
    failed: int
    advanced: int
    """Runs that nothing would have moved on."""
    rung: int


def recover(at: datetime | None = None) -> Recovered:
    """Requeue stages whose lease ran out, move stuck runs on, ring for what no message announces.

    Leases count that had run out by the moment `at`, by now where none is given. Safe to run at any
    time, anywhere, also twice at once. Raises `pipeline.database.TROUBLE`; any other failure is
    logged and keeps nothing else from being mended.
    """

    def recover_stage(stage_id: UUID) -> str | None:
        return _recover_stage(stage_id, at)

    stalled = list(StageRun.objects.stalled(at).values_list("id", flat=True))
    ends = Counter(_each(stalled, recover_stage))
    stuck = list(_stuck().values_list("id", flat=True))
    return Recovered(
        requeued=ends[StageRun.Status.QUEUED],
        failed=ends[StageRun.Status.FAILED],
        advanced=sum(_each(stuck, _advance_run)),
        rung=sum(_each(StageRun.Queue.values, _ring_again)),
    )


def _each(found: Iterable[Any], mend: Callable[[Any], T]) -> list[T]:
    """Mend one after the other, whatever becomes of one of them."""
    outcomes = []
    for one in found:
        try:
            outcomes.append(mend(one))
        except TROUBLE:
            raise
        except Exception:
            logger.exception("%s is left for the next sweep: %s failed", one, mend.__name__)
    return outcomes


def _stuck() -> QuerySet[PipelineRun]:
    """Return active runs whose stages have all ended, or of which one waits for ended ones."""
    opened = StageRun.objects.exclude(status__in=StageRun.ENDED)
    held_back_by = opened.filter(
        GreaterThan(_place_in("needs"), 0)
        | GreaterThan(_place_in("wants"), 0)
        | Q(name=OuterRef("name"), shard__gt=0),
        run=OuterRef("run"),
    )
    waiting = StageRun.objects.filter(run=OuterRef("id"), status=StageRun.Status.WAITING)
    return PipelineRun.objects.filter(
        ~Exists(opened.filter(run=OuterRef("id"))) | Exists(waiting.exclude(Exists(held_back_by))),
        status=PipelineRun.Status.ACTIVE,
    )


def _place_in(field: str) -> Func:
    """Return where in the outer stage's array this stage's name is, from 1; NULL if it is not."""
    names = OuterRef(field)
    return Func(names, F("name"), function="array_position", output_field=IntegerField())


@transaction.atomic
def _advance_run(run_id: UUID) -> bool:
    """Do what whoever changed the run last should have done; False: somebody is just at it."""
    run = _stuck().select_for_update(skip_locked=True).filter(id=run_id).first()
    if run is None:
        return False
    logger.warning("run %s stood still and is moved on", run_id)
    advance(run)
    return True


@transaction.atomic
def _recover_stage(stage_id: UUID, at: datetime | None) -> str | None:
    # Whoever holds the run is settling this stage or another of it: the next sweep sees how.
    runs = PipelineRun.objects.select_for_update(skip_locked=True)
    run = runs.filter(id__in=StageRun.objects.filter(id=stage_id).values("run")).first()
    stage = StageRun.objects.stalled(at).filter(id=stage_id).first()
    if run is None or stage is None:
        return None
    # The machine went, not the file: the attempt that the claim counted is given back.
    counts = {"losses": stage.losses + 1, "attempt": F("attempt") - 1}
    stalled = StageRun.objects.stalled(at).filter(id=stage_id)
    end = _end_after_loss(run, losses=stage.losses + 1)
    if end is None:
        changed = stalled.requeue(priority=run.priority, turn=run.turn, **counts)
    else:
        ended = {"finished_at": Now(), "lease_token": None, "lease_expires_at": None}
        changed = stalled.update(**end, **ended, **counts)
    if not changed:
        return None
    begun = store.artefact_dir(run.video_id, stage.name, stage.lease_token)
    transaction.on_commit(lambda: store.discard(begun), robust=True)
    if end is None:
        ring(stage.queue)
        return str(StageRun.Status.QUEUED)
    advance(run)
    return str(end["status"])


def _end_after_loss(run: PipelineRun, *, losses: int) -> dict[str, Any] | None:
    """Return what the row of a stage holds that is not to be tried again; None: it is."""
    if run.cancel_requested:
        return {"status": StageRun.Status.CANCELLED}
    if losses < settings.PIPELINE_MAX_LOSSES:
        return None
    message = f"Workers vanished {losses} times at this stage. Retry the video."
    reason = {"code": "worker_lost", "message": message}
    return {"status": StageRun.Status.FAILED, "reason": reason}


def _ring_again(queue: str) -> int:
    """Ring once for each ready stage beyond the messages in sight; a ring too many does nothing.

    So many at a time keep workers busy until the next sweep, which must not wait for the rest.
    """
    ready = StageRun.objects.ready(queue).order_by().aggregate(n=Count("id"))["n"]
    missing: int = min(_MOST_RINGS, max(0, ready - announced(queue)))
    for _ in range(missing):
        ring(queue)
    return missing
