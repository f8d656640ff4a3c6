"""Videos with what their representation shows, in a fixed number of queries."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch

from pipeline.database import one_moment
from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import Outlook, outlook, stages_in_order, with_parts
from videos.models import Rendition, Video, Workspace
from videos.querysets import VideoQuerySet


def video_list(*, workspace: Workspace) -> VideoQuerySet:
    """Return the workspace's videos with media facts, renditions and the newest analysis."""
    return with_analysis(Video.objects.of(workspace))


def with_analysis(videos: VideoQuerySet) -> VideoQuerySet:
    """Return `videos` with what `analysis_stages` and `progress` read, in a fixed number of queries."""
    return videos.select_related("media", "transcript").prefetch_related(
        "renditions", _newest_analysis()
    )


def _newest_analysis() -> "Prefetch[str]":
    newest = (
        PipelineRun.objects.filter(rendition=None)
        .order_by("video_id", "-created_at")
        .distinct("video_id")
        .prefetch_related(stages_in_order())
    )
    return Prefetch("runs", newest, to_attr="newest_analysis")


@one_moment()
def video_get(*, workspace: Workspace, video_id: UUID) -> Video:
    """Return one of the workspace's videos. Raises `Video.DoesNotExist`."""
    video: Video = video_list(workspace=workspace).get(id=video_id)
    return video


def as_made(video: Video) -> Video:
    """Return a video of `video_create` or `video_fetch` as `video_get` would, without asking the database.

    It was made in this very request: there are no media facts, findings and files yet.
    """
    video._state.fields_cache |= {"media": None, "transcript": None}
    video._prefetched_objects_cache = {"renditions": Rendition.objects.none()}  # type: ignore[attr-defined]  # Django's own name
    return video


def analysis_stages(video: Video) -> list[StageRun]:
    """Return the stages of the newest analysis of a video from `video_list`, as they are shown.

    Each has its parts.
    """
    return [stage for run in video.newest_analysis for stage in with_parts(run.ordered_stages)]


def skipped_stages(*, workspace: Workspace, code: str) -> list[tuple[Video, list[str]]]:
    """Return the videos whose newest analysis skipped stages for the reason `code`, with those.

    What is still being analysed is left out.
    """
    skipped = {"status": StageRun.Status.SKIPPED, "reason__code": code, "run__rendition": None}
    videos = StageRun.objects.filter(**skipped).values("run__video")
    ended = video_list(workspace=workspace).filter(id__in=videos).exclude(status__in=Video.OPEN)
    found = []
    for video in ended.order_by("created_at", "id"):
        of_code = [s.name for s in analysis_stages(video) if s.reason and s.reason["code"] == code]
        if of_code:
            found.append((video, of_code))
    return found


def progress(video: Video) -> float:
    """Return how much of the newest analysis is done, 0..1, each stage by its share of the work.

    What is skipped was no work: it does not count.
    """
    if video.status == Video.Status.COMPLETED:
        return 1.0
    return share_done(analysis_stages(video))


def share_done(stages: Iterable[StageRun]) -> float:
    """Return how much of a run is done, 0..1, each stage by its share of the work."""
    stages = [stage for stage in stages if stage.status != StageRun.Status.SKIPPED]
    total = sum(stage.weight for stage in stages)
    if not total:
        return 0.0
    done = sum(
        stage.weight * (1.0 if stage.status in StageRun.ENDED else stage.overall_progress)
        for stage in stages
    )
    return round(done / total, 4)


def analysis_outlook(videos: Iterable[Video]) -> Outlook:
    """Look ahead for videos from `video_list`, in a number of queries that does not grow."""
    return outlook([stage for video in videos for stage in analysis_stages(video)])


def eta_s(video: Video, ahead: Outlook) -> float | None:
    """Return how long it is until the analysis has ended; None: not known."""
    duration_ms = video.media.duration_ms if hasattr(video, "media") else None
    return ahead.eta_s(analysis_stages(video), duration_ms)
