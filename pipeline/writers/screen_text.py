"""Text seen in the pictures, and its passages in the search index."""

from dataclasses import asdict

from pipeline.media.passages import of_texts
from pipeline.models import StageRun
from pipeline.results import ScreenText as ScreenTextResult
from pipeline.writers.passages import write_passages
from pipeline.writers.rows import replace
from videos.models import Passage, ScreenText


def write_screen_text(stage_run: StageRun, result: ScreenTextResult) -> None:
    """Replace the video's screen text."""
    replace(stage_run, ScreenText, map(asdict, result.spans))
    # Its language is not known: names and numbers are most of it.
    write_passages(stage_run, Passage.Kind.TEXT, of_texts(result), language="")
