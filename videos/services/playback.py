"""Making a video playable."""

from pipeline import services as pipeline
from pipeline.models import PipelineRun
from videos.errors import VideosError
from videos.models import Video


class NotPlayable(VideosError):
    """There is nothing a browser could play, and nothing on the way."""

    code = "not_playable"


def proxy_request(*, video: Video) -> None:
    """See to it that a file for browsers is on its way; asking again starts nothing twice.

    Raises `NotPlayable` where none can be made.
    """
    if not hasattr(video, "media"):
        if video.status in (Video.Status.UPLOADED, Video.Status.PROCESSING):
            return  # the probe will tell
        raise NotPlayable("No browser can play this file. Get it with ?original=true.")
    newest = (
        PipelineRun.objects.filter(video=video, purpose=PipelineRun.Purpose.PROXY)
        .order_by("-created_at")
        .first()
    )
    if newest and newest.status == PipelineRun.Status.FAILED:
        raise NotPlayable("No playable version could be made. Get the file with ?original=true.")
    if newest is None or newest.status != PipelineRun.Status.ACTIVE:
        pipeline.request_proxy(video=video)
