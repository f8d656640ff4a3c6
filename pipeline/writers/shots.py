"""Shots."""

from dataclasses import asdict

from pipeline.models import StageRun
from pipeline.results import Shots
from pipeline.writers.rows import replace
from videos.models import Shot


def write_shots(stage_run: StageRun, result: Shots) -> None:
    """Replace the video's shots."""
    kept_in = stage_run.artefact
    rows = ({**asdict(shot), "keyframe": f"{kept_in}/{shot.keyframe}"} for shot in result.shots)
    replace(stage_run, Shot, rows)
