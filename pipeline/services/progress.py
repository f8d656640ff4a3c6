"""How a run goes on when something in it has changed."""

from collections.abc import Mapping
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from pipeline.models import PipelineRun, StageRun
from pipeline.services.doorbell import ring
from pipeline.services.leftovers import remove_superseded
from pipeline.writers import erase
from videos.lifecycle import Reason, move
from videos.models import Video

Status = StageRun.Status


def advance(run: PipelineRun) -> None:
    """Release the stages that nothing holds back any more; end the run if none is left.

    The caller holds the run row's lock: two stages that end at once must not both find the other
    still running. Positions are topological, so one pass settles chains of skips.
    """
    stages = {stage.name: stage for stage in run.stages.order_by("position")}
    for stage in stages.values():
        if stage.status == Status.WAITING and _upstream_ended(stage, stages):
            _release(stage, stages)
    if all(stage.status in StageRun.ENDED for stage in stages.values()):
        _finish(run, list(stages.values()))


def _upstream_ended(stage: StageRun, stages: Mapping[str, StageRun]) -> bool:
    return all(stages[name].status in StageRun.ENDED for name in (*stage.needs, *stage.wants))


def _release(stage: StageRun, stages: Mapping[str, StageRun]) -> None:
    missing = next((n for n in stage.needs if stages[n].status != Status.SUCCEEDED), None)
    if missing:
        stage.status = Status.SKIPPED
        stage.reason = _why_skipped(stages[missing])
        StageRun.objects.filter(id=stage.id).update(
            status=stage.status, reason=stage.reason, finished_at=Now()
        )
        if stage.finished:
            erase(stage)
    else:
        stage.status = Status.QUEUED
        StageRun.objects.filter(id=stage.id).update(status=stage.status, queued_at=Now())
        ring(stage.queue)


def _why_skipped(upstream: StageRun) -> Reason:
    """A stage without its input shares the reason for that, unless it is a failure."""
    if upstream.status == Status.SKIPPED and upstream.reason:
        return Reason(code=upstream.reason["code"], message=upstream.reason["message"])
    return Reason(
        code="upstream_failed",
        message=f"It needs the result of {upstream.name}, which {upstream.status.lower()}.",
    )


def _finish(run: PipelineRun, stages: list[StageRun]) -> None:
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
        transaction.on_commit(partial(remove_superseded, run.video_id), robust=True)
    if run.purpose == PipelineRun.Purpose.ANALYSIS:
        move(run.video_id, outcome, reason=reason)
