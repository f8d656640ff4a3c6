"""Poster and storyboard."""

from pipeline.models import StageRun
from pipeline.results import Frames
from pipeline.writers.renditions import write_rendition
from videos.models import Rendition


def write_frames(stage_run: StageRun, result: Frames) -> None:
    """Make the pictures drawn from the one decode the video's renditions."""
    kind = Rendition.Kind
    write_rendition(stage_run, kind.POSTER, result.poster, "image/jpeg")
    write_rendition(stage_run, kind.STORYBOARD, result.storyboard, "image/jpeg")
    write_rendition(stage_run, kind.STORYBOARD_VTT, result.storyboard_vtt, "text/vtt")
