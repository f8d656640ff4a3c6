"""Renditions on request, with how far they are, in a fixed number of queries."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from pipeline.database import one_moment
from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import stages_in_order, with_parts
from videos.models import Rendition, Video
from videos.selectors.videos import share_done


@dataclass(frozen=True)
class RenditionState:
    """How far a rendition is."""

    status: Literal["queued", "running", "ready", "failed"]
    progress: float
    """0..1"""
    reason: dict[str, str] | None
    """`{"code", "message"}` of what ended it; None unless it failed."""


def rendition_list(*, video: Video) -> QuerySet[Rendition]:
    """Return what was asked for of a video; `rendition_state` knows how far each is."""
    return with_runs(Rendition.objects.filter(video=video))


@one_moment()
def rendition_get(*, video: Video, rendition_id: UUID) -> Rendition:
    """Return one of them. Raises `Rendition.DoesNotExist`."""
    return rendition_list(video=video).get(id=rendition_id)


def with_runs(renditions: QuerySet[Rendition]) -> QuerySet[Rendition]:
    """Return those of `renditions` that somebody asked for, with what `rendition_state` reads."""
    return (
        renditions.filter(kind__in=Rendition.ON_REQUEST)
        .select_related("video")
        .prefetch_related(_newest_runs())
    )


def _newest_runs() -> "Prefetch[str]":
    newest = (
        PipelineRun.objects.order_by("rendition_id", "-created_at")
        .distinct("rendition_id")
        .prefetch_related(stages_in_order())
    )
    return Prefetch("runs", newest, to_attr="newest_runs")


def newest_run(rendition: Rendition) -> PipelineRun | None:
    """Return what makes, or made, a rendition of `rendition_list`.

    None: it was deleted after its row was read.
    """
    return next(iter(rendition.newest_runs), None)


def rendition_state(rendition: Rendition) -> RenditionState:
    """Tell how far a rendition of `rendition_list` is."""
    if rendition.path:
        return RenditionState("ready", 1.0, None)
    run = newest_run(rendition)
    if run is None:
        return RenditionState("failed", 0.0, None)
    stages = with_parts(run.ordered_stages)
    # What the analysis has done already is no part of the wait.
    done = share_done(stage for stage in stages if not stage.reused)
    if run.status == PipelineRun.Status.ACTIVE:
        begun = any(stage.begun_at for stage in stages)
        return RenditionState("running" if begun else "queued", done, None)
    # The last stage makes the file. If it has, that was after the rendition's row was read: the
    # next look shows it whole.
    if stages and stages[-1].status == StageRun.Status.SUCCEEDED:
        return RenditionState("running", 1.0, None)
    ended_by = next((stage.reason for stage in stages if stage.reason), None)
    return RenditionState("failed", done, ended_by)
