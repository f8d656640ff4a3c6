"""The workspace's quota, asked once more for bytes that were fetched."""

from pipeline.results import Fetched
from videos.lifecycle import Reason
from videos.models import Video, Workspace
from videos.selectors import bytes_left


def beyond_quota(video: Video, fetched: Fetched) -> Reason | None:
    """Return why the file cannot stay, in the transaction that would have it stay.

    While it was fetched others may have taken the room that was there. Where a quota bounds the
    bytes, the workspace's row stays locked until the transaction ends, as when a video is uploaded.
    """
    if bytes_left(video_id=video.id) is None:
        return None
    Workspace.objects.select_for_update(no_key=True).get(id=video.workspace_id)
    left = bytes_left(video_id=video.id)
    if left is None or fetched.size_bytes <= left:
        return None
    message = (
        f"Others came first: the workspace's quota leaves {left} bytes. "
        "Delete videos, or ask for more."
    )
    return Reason(code="quota_exceeded", message=message)
