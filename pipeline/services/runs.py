"""Opening runs: the first analysis, a retry, a rendition on request."""

from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from pipeline import registry
from pipeline.models import PipelineRun, StageRun
from pipeline.planner import Step, plan
from pipeline.services.progress import advance
from videos.errors import InvalidTransition
from videos.lifecycle import moved
from videos.models import Video

# Skips that another attempt may turn into results.
_MENDABLE = ("upstream_failed", "model_missing")


@transaction.atomic
def start(
    *, video: Video, purpose: PipelineRun.Purpose = PipelineRun.Purpose.ANALYSIS
) -> PipelineRun:
    """Open a run and ring for its first stages, in the caller's transaction.

    What the video's earlier runs finished is taken over where nothing that it depends on has
    changed. Raises `IntegrityError` if a run for this purpose is active.
    """
    analysis = purpose == PipelineRun.Purpose.ANALYSIS
    steps = plan(
        registry.profile(video.profile if analysis else purpose),
        checksum=video.checksum_sha256,
        language=video.language,
    )
    run = PipelineRun.objects.create(video=video, purpose=purpose)
    StageRun.objects.bulk_create(_rows(run, video, steps))
    advance(run)
    return run


@transaction.atomic
def retry(*, video: Video) -> PipelineRun:
    """Run a failed or cancelled video's failed stages again, and what depends on them.

    Raises `InvalidTransition` if the video's status is another; of two that race, one wins.
    """
    ended = Video.objects.filter(
        id=video.id, status__in=[Video.Status.FAILED, Video.Status.CANCELLED]
    )
    if not moved(ended, Video.Status.PROCESSING):
        raise InvalidTransition("Only a failed or cancelled video can be retried.")
    return start(video=video)


@transaction.atomic
def cancel(*, video: Video) -> PipelineRun:
    """End the video's analysis: what waits at once, what runs within seconds.

    A worker looks for the wish every second and kills its child. What stages found is kept.
    Raises `InvalidTransition` if no analysis is under way.
    """
    run = (
        PipelineRun.objects.select_for_update()
        .filter(video=video, purpose=PipelineRun.Purpose.ANALYSIS, status=PipelineRun.Status.ACTIVE)
        .first()
    )
    if run is None:
        raise InvalidTransition("Only a video that waits or is being analysed can be cancelled.")
    PipelineRun.objects.filter(id=run.id).update(cancel_requested=True)
    pending = [StageRun.Status.WAITING, StageRun.Status.QUEUED]
    run.stages.filter(status__in=pending).update(
        status=StageRun.Status.CANCELLED, finished_at=Now()
    )
    advance(run)
    return run


def request_proxy(*, video: Video) -> PipelineRun | None:
    """Ask for a rendition that browsers can play; None if that is under way."""
    try:
        with transaction.atomic():
            return start(video=video, purpose=PipelineRun.Purpose.PROXY)
    except IntegrityError:
        return None


def reprioritise(*, video: Video) -> None:
    """Give the video's priority to its stages that have not ended."""
    StageRun.objects.filter(run__video=video).exclude(status__in=StageRun.ENDED).update(
        priority=video.priority
    )


def _rows(run: PipelineRun, video: Video, steps: Iterable[Step]) -> list[StageRun]:
    finished = {
        stage.fingerprint: stage
        for stage in StageRun.objects.filter(run__video=video).finished(_MENDABLE)
    }
    rows: dict[str, StageRun] = {}
    for position, step in enumerate(steps):
        row = _row(run, video, step, position)
        earlier = finished.get(step.fingerprint)
        # A stage that did without a failed input's result must see that input's new one.
        if earlier and all(rows[name].reused for name in (*step.needs, *step.wants)):
            _take_over(row, earlier)
        rows[step.stage.name] = row
    return list(rows.values())


def _row(run: PipelineRun, video: Video, step: Step, position: int) -> StageRun:
    stage = step.stage
    return StageRun(
        run=run,
        name=stage.name,
        position=position,
        version=stage.version,
        parameters=registry.parameters(stage),
        fingerprint=step.fingerprint,
        needs=list(step.needs),
        wants=list(step.wants),
        queue=stage.queue if stage.queue in settings.PIPELINE_QUEUES else StageRun.Queue.CPU,
        weight=stage.weight,
        priority=video.priority,
        max_attempts=settings.PIPELINE_MAX_ATTEMPTS,
    )


def _take_over(row: StageRun, earlier: StageRun) -> None:
    row.reused = True
    row.progress = 1.0
    row.finished_at = Now()
    for field in ("status", "reason", "artefact", "model"):
        setattr(row, field, getattr(earlier, field))
