"""Opening runs: the first analysis, a retry, stages chosen to run again, a rendition on request."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from pipeline import registry
from pipeline.database import insert
from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import Kind, kind, next_turn, timings
from pipeline.services.planning import Planned, analysis, plan_run
from pipeline.services.progress import begin
from pipeline.services.splitting import part_of
from videos.errors import InvalidTransition
from videos.lifecycle import moved
from videos.models import Rendition, Video

_ENDED = (Video.Status.COMPLETED, Video.Status.FAILED, Video.Status.CANCELLED)


@dataclass(frozen=True)
class ToRun:
    """A stage that would run, and why."""

    name: str
    reason: str
    predicted_s: float | None


@dataclass(frozen=True)
class ToReuse:
    """A stage whose earlier end would be taken over."""

    name: str
    status: str


@dataclass(frozen=True)
class Preview:
    """What reprocessing would do."""

    would_run: list[ToRun]
    would_reuse: list[ToReuse]


@transaction.atomic(savepoint=False)  # what fails here fails the caller's transaction
def start(
    *,
    video: Video,
    rendition: Rendition | None = None,
    chosen: Collection[str] = (),
    user: User | None = None,
    is_first: bool = False,
    turn: int | None = None,
) -> PipelineRun:
    """Open a run that `user` asked for (None: the command line) and ring for its first stages.

    It makes a rendition, or analyses the video. All in the caller's transaction, who says where it
    `is_first`: then no earlier one is looked for. The run that it returns has its stages as
    `ordered_stages`.

    What the run before finished is taken over where nothing that it depends on has changed, but
    for the stages `chosen` and what depends on them. It gets the next turn, unless it takes over
    another's `turn`. Raises `IntegrityError` if such a run is
    active already, `UnknownStage` for a choice that the plan does not have.
    """
    planned = plan_run(video=video, rendition=rendition, chosen=chosen, is_first=is_first)
    run = PipelineRun(
        video=video,
        rendition=rendition,
        requested_by=user,
        priority=video.priority,
        turn=_next_turn(video, user, planned) if turn is None else turn,
    )
    insert([run])
    stages = _rows(run, planned)
    begin(run, stages)
    run.ordered_stages = stages
    return run


def _next_turn(video: Video, user: User | None, planned: Iterable[Planned]) -> int:
    return next_turn(
        workspace_id=video.workspace_id,
        user=user,
        priority=video.priority,
        queues={registry.queue(one.step.stage) for one in planned if one.why},
    )


def replace(run: PipelineRun) -> PipelineRun:
    """End a run whose plan is of older code, and open one in its place by the code as it is.

    What it finished is taken over where that is still what would be found. Workers that are at its
    stages lose their leases. The caller holds the run row's lock.
    """
    run.stages.exclude(status__in=StageRun.ENDED).update(
        status=StageRun.Status.CANCELLED,
        finished_at=Now(),
        lease_token=None,
        lease_expires_at=None,
    )
    PipelineRun.objects.filter(id=run.id).update(
        status=PipelineRun.Status.CANCELLED, finished_at=Now()
    )
    video = Video.objects.get(id=run.video_id)
    return start(video=video, rendition=run.rendition, user=run.requested_by, turn=run.turn)


def plan_again(run: PipelineRun) -> None:
    """Plan the stages that wait for the video's bytes anew, now that they are here.

    What was planned before could not know what their results depend on. The caller holds the run
    row's lock.
    """
    if run.cancel_requested:
        return
    video = Video.objects.get(id=run.video_id)
    # Before the rows go: what was chosen to be computed stays so.
    planned = plan_run(video=video)
    run.stages.filter(status=StageRun.Status.WAITING).delete()
    StageRun.objects.bulk_create(_rows(run, planned, first=run.stages.count()))


@transaction.atomic
def retry(*, video: Video, user: User | None = None) -> PipelineRun:
    """Run a failed or cancelled video's failed stages again, and what depends on them.

    Raises `InvalidTransition` if the video's status is another; of two that race, one wins.
    """
    reopened = _reopen(video, [Video.Status.FAILED, Video.Status.CANCELLED])
    if reopened is None:
        raise InvalidTransition("Only a failed or cancelled video can be retried.")
    return start(video=reopened, user=user)


@transaction.atomic
def reprocess(
    *, video: Video, stages: Collection[str] = (), user: User | None = None
) -> PipelineRun:
    """Run the named stages, by default all, and what depends on them again; keep the rest.

    Raises `InvalidTransition` while the video is analysed, `UnknownStage` for a name that its
    profile does not have; of two that race, one wins.
    """
    reopened = _reopen(video, _ENDED)
    if reopened is None:
        raise _not_ended()
    return start(video=reopened, chosen=stages or _all(reopened), user=user)


@transaction.atomic
def update(*, video: Video, user: User | None = None) -> PipelineRun:
    """Run the stages whose results are not of what the video is analysed by now; keep the rest.

    Raises `InvalidTransition` while the video is analysed; of two that race, one wins.
    """
    reopened = _reopen(video, _ENDED)
    if reopened is None:
        raise InvalidTransition(
            "Its analysis is under way: wait for its end, or cancel it, then ask again."
        )
    return start(video=reopened, user=user)


def _reopen(video: Video, sources: Collection[str]) -> Video | None:
    """Bring the video from one of the statuses back to work; None: it has another.

    Return it as its locked row says: a change that was made meanwhile holds for the run.
    """
    if not moved(Video.objects.filter(id=video.id, status__in=sources), Video.Status.PROCESSING):
        return None
    reopened: Video = Video.objects.select_related("workspace").get(id=video.id)
    return reopened


def preview(*, video: Video, stages: Collection[str] = ()) -> Preview:
    """Tell what `reprocess` would do, by the same plan, and how long each stage might take.

    Raises as `reprocess` does.
    """
    if video.status not in _ENDED:
        raise _not_ended()
    planned = plan_run(video=video, chosen=stages or _all(video))
    known = timings(_kind(one) for one in planned if one.why).of_work()
    duration_ms = video.media.duration_ms if hasattr(video, "media") else None
    return Preview(
        would_run=[
            ToRun(one.name, one.why, known.predicted_s(_kind(one), duration_ms))
            for one in planned
            if one.why
        ],
        would_reuse=[
            ToReuse(one.name, one.earlier.status) for one in planned if one.earlier and not one.why
        ],
    )


def _kind(planned: Planned) -> Kind:
    stage = planned.step.stage
    return kind(stage.name, stage.version, registry.parameters(stage))


def _all(video: Video) -> list[str]:
    return [stage.name for stage in analysis(video)]


def _not_ended() -> InvalidTransition:
    return InvalidTransition("Only a video whose analysis has ended can be reprocessed.")


def _rows(run: PipelineRun, planned: Iterable[Planned], *, first: int = 0) -> list[StageRun]:
    rows = []
    for position, one in enumerate(planned, start=first):
        row = _row(run, one, position)
        if one.earlier and not one.why:
            _take_over(row, one.earlier)
        rows += [row, *_parts(row, one.parts)]
    return rows


def _parts(row: StageRun, earlier: Sequence[StageRun]) -> list[StageRun]:
    """Return rows that take over parts of the stage from the run before; the others come later."""
    parts = []
    for before in earlier:
        part = part_of(row, shard=before.shard, shards=before.shards, media_ms=before.media_ms)
        _take_over(part, before)
        parts.append(part)
    return parts


def _row(run: PipelineRun, planned: Planned, position: int) -> StageRun:
    step, stage = planned.step, planned.step.stage
    return StageRun(
        run=run,
        name=stage.name,
        position=position,
        version=stage.version,
        parameters=registry.parameters(stage),
        fingerprint=step.fingerprint,
        needs=list(step.needs),
        wants=list(step.wants),
        split_by=step.split_by,
        queue=registry.queue(stage),
        weight=stage.weight,
        fresh=planned.fresh,
        priority=run.priority,
        turn=run.turn,
        max_attempts=settings.PIPELINE_MAX_ATTEMPTS,
    )


def _take_over(row: StageRun, earlier: StageRun) -> None:
    row.reused = True
    row.progress = 1.0
    row.finished_at = row.run.created_at
    for field in ("status", "reason", "artefact", "model", "coverage", "shard_lengths_ms"):
        setattr(row, field, getattr(earlier, field))
