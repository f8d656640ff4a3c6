"""The rendition that browsers can play."""

from pipeline.models import StageRun
from pipeline.results import Proxy
from pipeline.writers.renditions import write_rendition
from videos.models import Rendition


def write_proxy(stage_run: StageRun, result: Proxy) -> None:
    """Make the file the video's proxy."""
    write_rendition(stage_run, Rendition.Kind.PROXY, result.file, result.content_type)
