"""The one place that changes a video's status.

Every change is a conditional update: of two that race, one finds the status it expects and the
other is refused.
"""

from typing import TypedDict
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from videos.errors import InvalidTransition
from videos.models import Video


class Reason(TypedDict):
    """Why a video or stage ended as it did."""

    code: str
    message: str


def move(video_id: UUID, to: Video.Status, *, reason: Reason | None = None) -> None:
    """Bring the video to status `to` from any status that allows it.

    Raises `InvalidTransition` if its status does not, or the video is gone.
    """
    if not moved(Video.objects.filter(id=video_id), to, reason=reason):
        raise InvalidTransition(f"A video in this status cannot become {to}.", to=str(to))


def moved(videos: QuerySet[Video], to: Video.Status, *, reason: Reason | None = None) -> bool:
    """Do as `move` does for one video of a queryset; say whether its status allowed it."""
    sources = [source for source, targets in Video.TRANSITIONS.items() if to in targets]
    completed_at = Now() if to in (Video.Status.COMPLETED, Video.Status.FAILED) else None
    changed = videos.filter(status__in=sources).update(
        status=to, status_reason=reason, completed_at=completed_at, updated_at=Now()
    )
    return changed > 0
