"""From a stage's result to rows, inside the transaction that ends the stage.

A writer replaces what an earlier run of the stage found, so writing twice changes nothing. What
a result type has no writer for stays an artefact.
"""

from collections.abc import Callable
from typing import Any

from pipeline import results
from pipeline.models import StageRun

from .frames import write_frames
from .media import write_media
from .proxy import write_proxy
from .screen_text import write_screen_text
from .shots import write_shots
from .transcript import write_transcript

WRITERS: dict[type, Callable[[StageRun, Any], None]] = {
    results.Media: write_media,
    results.Frames: write_frames,
    results.Shots: write_shots,
    results.Transcript: write_transcript,
    results.ScreenText: write_screen_text,
    results.Proxy: write_proxy,
}


def write(stage_run: StageRun, result: object) -> None:
    """Store a result's findings as rows."""
    if writer := WRITERS.get(type(result)):
        writer(stage_run, result)
