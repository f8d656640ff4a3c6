"""How a run goes on when something in it has changed."""

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models.functions import Now

from pipeline.models import PipelineRun, StageRun
from pipeline.services.doorbell import ring
from pipeline.services.leftovers import remove_superseded
from pipeline.writers import erase
from videos.lifecycle import Reason, move
from videos.models import Video

Status = StageRun.Status

# When a stage got its status.
_MOMENTS: Mapping[str, str] = {Status.QUEUED: "queued_at", Status.SKIPPED: "finished_at"}


def advance(run: PipelineRun) -> None:
    """Release the stages that nothing holds back any more; end the run if none is left.

    The caller holds the run row's lock: two stages that end at once must not both find the other
    still running. Positions are topological, so one pass settles chains of skips.
    """
    stages = list(run.stages.order_by("position"))
    released = _release(stages)
    for stage in released:
        moment = {_MOMENTS[stage.status]: Now()}
        StageRun.objects.filter(id=stage.id).update(
            status=stage.status, reason=stage.reason, **moment
        )
    _go_on(run, stages, released)


def begin(run: PipelineRun, stages: Sequence[StageRun]) -> None:
    """Insert the stages of a run that was just inserted, released as `advance` would."""
    released = _release(stages)
    for stage in released:
        setattr(stage, _MOMENTS[stage.status], run.created_at)
    StageRun.objects.bulk_create(stages)
    _go_on(run, stages, released)


def _go_on(run: PipelineRun, stages: Sequence[StageRun], released: Collection[StageRun]) -> None:
    """Do what follows from the rows as they are now."""
    for stage in released:
        if stage.status == Status.QUEUED:
            ring(stage.queue)
        elif stage.finished:
            erase(stage)
    if all(stage.status in StageRun.ENDED for stage in stages):
        _finish(run, stages)


def _release(stages: Sequence[StageRun]) -> list[StageRun]:
    """Give their new status to stages that nothing holds back any more; return these. No writes."""
    by_name = {stage.name: stage for stage in stages}
    released = []
    for stage in stages:
        if stage.status == Status.WAITING and _upstream_ended(stage, by_name):
            missing = next((n for n in stage.needs if by_name[n].status != Status.SUCCEEDED), None)
            if missing:
                stage.status = Status.SKIPPED
                stage.reason = _why_skipped(by_name[missing])
            else:
                stage.status = Status.QUEUED
            released.append(stage)
    return released


def _upstream_ended(stage: StageRun, stages: Mapping[str, StageRun]) -> bool:
    return all(stages[name].status in StageRun.ENDED for name in (*stage.needs, *stage.wants))


def _why_skipped(upstream: StageRun) -> Reason:
    """A stage without its input shares the reason for that, unless it is a failure."""
    if upstream.status == Status.SKIPPED and upstream.reason:
        return Reason(code=upstream.reason["code"], message=upstream.reason["message"])
    return Reason(
        code="upstream_failed",
        message=f"It needs the result of {upstream.name}, which {upstream.status.lower()}.",
    )


def _finish(run: PipelineRun, stages: Sequence[StageRun]) -> None:
    failed = next((stage for stage in stages if stage.status == Status.FAILED), None)
    cancelled = any(stage.status == Status.CANCELLED for stage in stages)
    if failed:
        status, outcome, reason = PipelineRun.Status.FAILED, Video.Status.FAILED, failed.reason
    elif cancelled:
        status, outcome, reason = PipelineRun.Status.CANCELLED, Video.Status.CANCELLED, None
    else:
        status, outcome, reason = PipelineRun.Status.SUCCEEDED, Video.Status.COMPLETED, None
    PipelineRun.objects.filter(id=run.id).update(status=status, finished_at=Now())
    if status == PipelineRun.Status.SUCCEEDED:
        transaction.on_commit(lambda: remove_superseded(run.video_id), robust=True)
    if run.purpose == PipelineRun.Purpose.ANALYSIS:
        move(run.video_id, outcome, reason=reason)
