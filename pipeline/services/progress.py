"""How a run goes on when something in it has changed."""

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models.functions import Now

from pipeline.database import insert
from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import with_parts
from pipeline.services.doorbell import ring
from pipeline.services.leftovers import remove_superseded
from pipeline.services.splitting import split
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
    rows = list(run.stages.order_by("position", "shard"))
    released, parts = _release(rows)
    for stage in released:
        moment = {_MOMENTS[stage.status]: Now()}
        StageRun.objects.filter(id=stage.id).update(
            status=stage.status, reason=stage.reason, **moment
        )
    for part in parts:
        part.queued_at = Now()
    StageRun.objects.bulk_create(parts)
    _go_on(run, [*rows, *parts], [*released, *parts])


def begin(run: PipelineRun, rows: Sequence[StageRun]) -> None:
    """Insert the rows of a run that was just inserted, released as `advance` would."""
    released, parts = _release(rows)
    for row in (*released, *parts):
        setattr(row, _MOMENTS[row.status], run.created_at)
    insert([*rows, *parts])
    _go_on(run, [*rows, *parts], [*released, *parts])


def _go_on(run: PipelineRun, rows: Sequence[StageRun], released: Collection[StageRun]) -> None:
    """Do what follows from the rows as they are now."""
    for row in released:
        if row.status == Status.QUEUED:
            ring(row.queue)
        elif row.finished:
            erase(row)
    if all(row.status in StageRun.ENDED for row in rows):
        _finish(run, rows)


def _release(rows: Sequence[StageRun]) -> tuple[list[StageRun], list[StageRun]]:
    """Give their new status to stages that nothing holds back any more, and split those that can be.

    Return these stages, and the new parts, which are queued. No writes.
    """
    stages = {stage.name: stage for stage in with_parts(rows)}
    released: list[StageRun] = []
    parts: list[StageRun] = []
    for stage in stages.values():
        if stage.status != Status.WAITING or not _upstream_ended(stage, stages):
            continue
        inputs = [stages[name] for name in stage.needs]
        if not _missing(inputs):
            parts += split(stage, stages)
        if any(part.status not in StageRun.ENDED for part in stage.parts):
            continue
        if missing := _missing([*inputs, *stage.parts]):
            stage.status = Status.SKIPPED
            stage.reason = _why_skipped(missing)
        else:
            stage.status = Status.QUEUED
        released.append(stage)
    return released, parts


def _missing(inputs: Sequence[StageRun]) -> StageRun | None:
    return next((row for row in inputs if row.status != Status.SUCCEEDED), None)


def _upstream_ended(stage: StageRun, stages: Mapping[str, StageRun]) -> bool:
    return all(stages[name].status in StageRun.ENDED for name in (*stage.needs, *stage.wants))


def _why_skipped(upstream: StageRun) -> Reason:
    """A stage without its input shares the reason for that, unless it is a failure."""
    if upstream.status == Status.SKIPPED and upstream.reason:
        return Reason(code=upstream.reason["code"], message=upstream.reason["message"])
    return Reason(
        code="upstream_failed",
        message=f"It needs the result of {upstream}, which {upstream.status.lower()}.",
    )


def _finish(run: PipelineRun, rows: Sequence[StageRun]) -> None:
    failed = next((row for row in rows if row.status == Status.FAILED), None)
    cancelled = any(row.status == Status.CANCELLED for row in rows)
    if failed:
        status, outcome, reason = PipelineRun.Status.FAILED, Video.Status.FAILED, failed.reason
    elif cancelled:
        status, outcome, reason = PipelineRun.Status.CANCELLED, Video.Status.CANCELLED, None
    else:
        status, outcome, reason = PipelineRun.Status.SUCCEEDED, Video.Status.COMPLETED, None
    PipelineRun.objects.filter(id=run.id).update(status=status, finished_at=Now())
    if status == PipelineRun.Status.SUCCEEDED:
        transaction.on_commit(lambda: remove_superseded(run.video_id), robust=True)
    if run.rendition_id is None:
        move(run.video_id, outcome, reason=reason)
