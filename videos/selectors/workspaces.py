"""The workspace that somebody works in, and what it holds."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, Sum

from videos.models import Upload, Video, Workspace
from videos.selectors.videos import analysis_outlook, eta_s, video_list

# The oldest go first: one of them is the next to end.
_LOOKED_AT = 20
# Every request asks this: Django takes twice as long to put it together.
_DEFAULT = "SELECT * FROM videos_workspace WHERE slug = 'default'"


@dataclass(frozen=True)
class Usage:
    """What of its quotas a workspace has used."""

    size_bytes: int
    """Of the originals, and of what has come of uploads; what stages make is not counted."""
    videos: int
    uploads: int
    """Under way, each of which may become a video."""
    open_analyses: int


def workspace_for(user: AbstractBaseUser | AnonymousUser) -> Workspace:  # noqa: ARG001  until there are more
    """Return the workspace that `user` works in: for now everybody's default."""
    (workspace,) = Workspace.objects.raw(_DEFAULT)
    return workspace


def usage(*, workspace: Workspace, but: UUID | None = None) -> Usage:
    """Return what the workspace holds now, the upload `but` left out."""
    counted = Video.objects.of(workspace).aggregate(
        size_bytes=Sum("size_bytes", default=0),
        videos=Count("id"),
        open_analyses=Count("id", filter=Q(status__in=Video.OPEN)),
    )
    under_way = Upload.objects.of(workspace).filter(video=None).exclude(id=but)
    coming = under_way.aggregate(size_bytes=Sum("received_bytes", default=0), uploads=Count("id"))
    counted["size_bytes"] += coming["size_bytes"]
    return Usage(**counted, uploads=coming["uploads"])


def bytes_left(*, video_id: UUID) -> int | None:
    """Return how many more bytes the workspace of a video may take in; None: no quota bounds them."""
    workspace = Workspace.objects.get(video=video_id)
    if workspace.max_bytes is None:
        return None
    return max(0, workspace.max_bytes - usage(workspace=workspace).size_bytes)


def soonest_end_s(*, workspace: Workspace) -> float | None:
    """Return how long it is until the first of the open analyses has ended.

    None: there is none, or this server's history does not tell.
    """
    opened = video_list(workspace=workspace).filter(status__in=Video.OPEN)
    oldest = list(opened.order_by("created_at")[:_LOOKED_AT])
    ahead = analysis_outlook(oldest)
    known = (eta_s(video, ahead) for video in oldest)
    return min((eta for eta in known if eta is not None), default=None)
