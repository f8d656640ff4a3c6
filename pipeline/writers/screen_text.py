"""Text seen in the pictures, and its passages in the search index."""

from pipeline.media.passages import of_texts
from pipeline.models import StageRun
from pipeline.results import ScreenText as ScreenTextResult
from pipeline.writers.passages import write_passages
from videos.models import Passage, ScreenText


def write_screen_text(stage_run: StageRun, result: ScreenTextResult) -> None:
    """Replace the video's screen text."""
    video_id = stage_run.run.video_id
    ScreenText.objects.filter(video_id=video_id).delete()
    texts = [
        ScreenText(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            confidence=span.confidence,
            text=span.text,
            box=list(span.box),
        )
        for span in result.spans
    ]
    ScreenText.objects.bulk_create(texts, batch_size=1000)
    # Its language is not known: names and numbers are most of it.
    write_passages(stage_run, Passage.Kind.TEXT, of_texts(result), language="")
