"""Sound events, and their labels in the search index."""

from dataclasses import asdict

from pipeline.media.passages import of_sounds
from pipeline.models import StageRun
from pipeline.results import Sounds
from pipeline.writers.passages import write_passages
from pipeline.writers.rows import replace
from videos.models import Passage, SoundEvent


def write_sounds(stage_run: StageRun, result: Sounds) -> None:
    """Replace the video's sound events."""
    replace(stage_run, SoundEvent, map(asdict, result.events))
    # Labels are English words, like those of things.
    write_passages(stage_run, Passage.Kind.SOUND, of_sounds(result), language="en")
