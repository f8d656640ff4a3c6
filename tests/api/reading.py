"""Where the parts of a video are read."""

from videos.models import Video


def url(video: Video, part: str) -> str:
    return f"/api/v1/videos/{video.id}/{part}"
