"""What a language model told."""

from dataclasses import asdict
from uuid import UUID

from pipeline.models import StageRun
from pipeline.results import Abstract
from pipeline.writers.rows import replace
from videos.models import AbstractSentence, ChapterTitle


def write_abstract(stage_run: StageRun, result: Abstract) -> None:
    """Replace what was told of the video."""
    replace(
        stage_run,
        AbstractSentence,
        (
            {
                "position": position,
                "start_ms": min(start for start, _ in one.spans),
                "end_ms": max(end for _, end in one.spans),
                "text": one.text,
                "citations": [{"start_ms": start, "end_ms": end} for start, end in one.spans],
            }
            for position, one in enumerate(result.sentences)
        ),
    )
    replace(stage_run, ChapterTitle, map(asdict, result.titles))


def forget_abstract(video_id: UUID) -> None:
    """Remove what was told of the video: it has another transcript now."""
    AbstractSentence.objects.filter(video=video_id).delete()
    ChapterTitle.objects.filter(video=video_id).delete()
