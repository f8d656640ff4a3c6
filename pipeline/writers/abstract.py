"""What a language model told."""

from uuid import UUID

from pipeline.models import StageRun
from pipeline.results import Abstract
from videos.models import AbstractSentence, ChapterTitle


def write_abstract(stage_run: StageRun, result: Abstract) -> None:
    """Replace what was told of the video."""
    video_id = stage_run.run.video_id
    forget_abstract(video_id)
    AbstractSentence.objects.bulk_create(
        AbstractSentence(
            video_id=video_id,
            stage_run=stage_run,
            position=position,
            start_ms=min(start for start, _ in one.spans),
            end_ms=max(end for _, end in one.spans),
            text=one.text,
            citations=[{"start_ms": start, "end_ms": end} for start, end in one.spans],
        )
        for position, one in enumerate(result.sentences)
    )
    ChapterTitle.objects.bulk_create(
        ChapterTitle(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            title=one.title,
        )
        for one in result.titles
    )


def forget_abstract(video_id: UUID) -> None:
    """Remove what was told of the video: it has another transcript now."""
    AbstractSentence.objects.filter(video=video_id).delete()
    ChapterTitle.objects.filter(video=video_id).delete()
