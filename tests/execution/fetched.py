"""Videos that lie on a server of the test."""

import hashlib
from typing import Any

from pipeline import registry
from tests.factories import default_workspace
from tests.serving import Served
from videos.models import Video
from videos.services import video_fetch

CONTENT = b"a video, more or less" * 50_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def with_fetch(settings: Any) -> None:
    """Put the real `fetch` before the stages that fail on demand."""
    fetch = {"pipeline.stages.fetch.Fetch": {"allow": ("127.0.0.1",)}}
    settings.PIPELINE_STAGES = fetch | settings.PIPELINE_STAGES
    settings.PIPELINE_PROFILES |= {"fetch": {"fetch": {}}}
    registry.stages.cache_clear()


def make_fetched_video(served: Served, path: str = "/harbour.mp4", **values: Any) -> Video:
    return video_fetch(workspace=default_workspace(), source_url=served.url(path), **values)
