"""Nudity."""

from dataclasses import asdict

from pipeline.models import StageRun
from pipeline.results import Nudity
from pipeline.writers.rows import replace
from videos.models import NuditySpan


def write_nudity(stage_run: StageRun, result: Nudity) -> None:
    """Replace the video's spans of nudity."""
    replace(stage_run, NuditySpan, map(asdict, result.spans))
