"""Changing runs that are under way: calling them off, giving them another priority."""

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Now

from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import next_turn
from pipeline.services.progress import advance
from videos.errors import InvalidTransition
from videos.models import Video


@transaction.atomic
def cancel(*, video: Video) -> PipelineRun:
    """End the video's analysis: what waits at once, what runs within seconds.

    A worker looks for the wish every second and kills its child. What stages found is kept.
    Raises `InvalidTransition` if no analysis is under way.
    """
    run = next(iter(_locked(video.runs.filter(rendition=None))), None)
    if run is None:
        raise InvalidTransition("Only a video that waits or is being analysed can be cancelled.")
    PipelineRun.objects.filter(id=run.id).update(cancel_requested=True)
    pending = [StageRun.Status.WAITING, StageRun.Status.QUEUED]
    run.stages.filter(status__in=pending).update(
        status=StageRun.Status.CANCELLED, finished_at=Now()
    )
    advance(run)
    return run


@transaction.atomic
def reprioritise(*, video: Video) -> None:
    """Give the video's priority, as committed, and a turn among its equals to the work not yet begun.

    What runs gets them if it comes back into the queue.
    """
    runs = _locked(video.runs.select_related("requested_by"))
    priority = Video.objects.values_list("priority", flat=True).get(id=video.id)
    pending = [StageRun.Status.WAITING, StageRun.Status.QUEUED]
    for run in runs:
        if run.priority == priority:
            continue
        open_stages = run.stages.filter(status__in=pending)
        turn = next_turn(
            workspace_id=video.workspace_id,
            user=run.requested_by,
            priority=priority,
            queues=set(open_stages.values_list("queue", flat=True)),
        )
        PipelineRun.objects.filter(id=run.id).update(priority=priority, turn=turn)
        # What runs keeps its place until it is requeued: it was begun by its old priority's clock.
        # What was begun and waits to be tried again must not set forward the clock of the new one.
        open_stages.update(priority=priority, turn=Value(turn) + F("shard"), started_at=None)


def _locked(runs: QuerySet[PipelineRun]) -> list[PipelineRun]:
    """Lock those that are active, and return them.

    Where one ended while its lock was waited for, it may have been replaced, by a row that only a
    new look shows.
    """
    active = runs.filter(status=PipelineRun.Status.ACTIVE)
    while True:
        seen = set(active.values_list("id", flat=True))
        locked = list(active.select_for_update(of=("self",)))
        if seen <= {run.id for run in locked}:
            return locked
