"""Picking up what a dead worker or a lost message left behind."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import Now

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from pipeline.services.doorbell import announced, ring
from pipeline.services.progress import advance


@dataclass(frozen=True)
class Recovered:
    """What was found and mended."""

    requeued: int
    failed: int
    rung: int


def recover() -> Recovered:
    """Requeue stages whose lease ran out and ring for ready stages that no message announces.

    Safe to run at any time, anywhere, also twice at once.
    """
    requeued = failed = 0
    for stage_id in list(StageRun.objects.stalled().values_list("id", flat=True)):
        outcome = _recover_stage(stage_id)
        requeued += outcome == StageRun.Status.QUEUED
        failed += outcome == StageRun.Status.FAILED
    return Recovered(requeued=requeued, failed=failed, rung=_ring_again())


@transaction.atomic
def _recover_stage(stage_id: UUID) -> str | None:
    run = PipelineRun.objects.select_for_update().filter(stages=stage_id).first()
    stage = StageRun.objects.stalled().filter(id=stage_id).first()
    if run is None or stage is None:
        return None
    losses = stage.losses + 1
    status: str
    values: dict[str, Any]
    if run.cancel_requested:
        status, values = StageRun.Status.CANCELLED, {"finished_at": Now()}
    elif losses < settings.PIPELINE_MAX_LOSSES:
        status, values = StageRun.Status.QUEUED, {"queued_at": Now()}
    else:
        reason = {
            "code": "worker_lost",
            "message": f"Workers vanished {losses} times at this stage. Retry the video.",
        }
        status, values = StageRun.Status.FAILED, {"finished_at": Now(), "reason": reason}
    # The machine went, not the file: the attempt that the claim counted is given back.
    values |= {"losses": losses, "attempt": F("attempt") - 1}
    changed = StageRun.objects.stalled().filter(id=stage_id)
    if not changed.update(status=status, lease_token=None, lease_expires_at=None, **values):
        return None
    begun = store.artefact_dir(run.video_id, stage.name, stage.lease_token)
    transaction.on_commit(partial(store.discard, begun), robust=True)
    if status == StageRun.Status.QUEUED:
        ring(stage.queue)
    else:
        advance(run)
    return str(status)


def _ring_again() -> int:
    """Ring once for each ready stage beyond the messages in sight; a ring too many does nothing."""
    rung = 0
    for queue in StageRun.Queue.values:
        ready = StageRun.objects.ready(queue).order_by().aggregate(n=Count("id"))["n"]
        for _ in range(ready - announced(queue)):
            ring(queue)
            rung += 1
    return rung
