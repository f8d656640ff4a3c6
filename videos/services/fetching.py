"""Taking up a video that lies elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from pipeline.net.addresses import AddressRefused, Policy, Target, read
from videos.errors import VideosError
from videos.models import Video, Workspace
from videos.names import display_name
from videos.services.admission import admit_for_good
from videos.services.videos import insert


class SourceRefused(VideosError):
    """The address is none that this server fetches from."""

    code = "address_refused"


@transaction.atomic
def video_fetch(
    *,
    workspace: Workspace,
    source_url: str,
    user: User | None = None,
    title: str = "",
    language: str = "",
    profile: str = Video.Profile.STANDARD,
    priority: int = 5,
    vocabulary: Sequence[str] = (),
    audio_track: int | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Video:
    """Insert a video whose bytes are elsewhere, and start the run that fetches and analyses it.

    `user` asks for it; None: the command line. Raises `SourceRefused` for an address that shows
    by itself that it is out of bounds (what its host's name leads to is looked at when it is
    fetched), or as `admit` does where a quota is used up.
    """
    target = source_check(source_url=source_url)
    admit_for_good(workspace=workspace, size_bytes=0)
    return insert(
        Video(
            workspace=workspace,
            uploaded_by=user,
            title=title,
            filename=display_name(target.filename or target.host),
            source_url=str(target),
            language=language,
            profile=profile,
            priority=priority,
            vocabulary=list(vocabulary),
            audio_track=audio_track,
            metadata=dict(metadata or {}),
        )
    )


def source_check(*, source_url: str) -> Target:
    """Return what the address says. Raises `SourceRefused` as `video_fetch` does."""
    try:
        target = read(source_url)
        Policy(tuple(settings.FETCH_ALLOW), tuple(settings.FETCH_PORTS)).check(target)
    except AddressRefused as error:
        raise SourceRefused(error.message, errors={"source_url": [error.message]}) from error
    return target
