"""Files that are made of a video when somebody asks for them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from pipeline import services as pipeline
from pipeline.models import PipelineRun, StageRun
from videos.errors import VideosError
from videos.models import Cue, Removal, Rendition, Video
from videos.services.admission import check_disk

# They are kept until somebody deletes them, and no quota counts them.
MOST_OF_A_KIND = 20

Span = tuple[int, int]


class TooManyRenditions(VideosError):
    """The video has as many renditions of the kind as it may have."""

    code = "too_many_renditions"


class NotProbed(VideosError):
    """It is not known what is in the video's file."""

    code = "not_probed"


class UnknownCue(VideosError):
    """The video has no such cue."""

    code = "unknown_cue"


class NothingToRedact(VideosError):
    """The copy would be the original."""

    code = "nothing_to_redact"


@transaction.atomic
def rendition_request(
    *,
    video: Video,
    kind: Rendition.Kind,
    parameters: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> Rendition:
    """Return the rendition of these parameters, and see to it that it is there or on its way.

    `parameters`: what the request gives to the kind's stages, by stage, as JSON holds them. Asking
    again starts nothing twice; what failed is begun anew. Raises `TooManyRenditions`,
    `StorageFull`, and `Video.DoesNotExist` where the video was deleted meanwhile.
    """
    # One request at a time: who comes second finds what the first began.
    Video.objects.select_for_update(no_key=True).get(id=video.id)
    of_kind = Rendition.objects.filter(video=video, kind=kind)
    rendition = of_kind.filter(digest=_digest(parameters)).first()
    if rendition is None:
        if of_kind.count() >= MOST_OF_A_KIND:
            raise TooManyRenditions(
                f"The video has {MOST_OF_A_KIND} such renditions. Delete one of them first.",
                limit=MOST_OF_A_KIND,
            )
        rendition = of_kind.create(
            video=video, kind=kind, digest=_digest(parameters), parameters=parameters or {}
        )
    under_way = rendition.runs.filter(status=PipelineRun.Status.ACTIVE)
    if not rendition.path and not under_way.exists():
        if kind == Rendition.Kind.REDACTED:  # as large as the original, more or less
            check_disk(video.size_bytes or 0)
        pipeline.start(video=video, rendition=rendition, user=user)
    return rendition


def redaction_request(
    *,
    video: Video,
    faces: bool,
    mute: Sequence[UUID],
    beep: bool,
    user: User | None = None,
) -> Rendition:
    """Return a copy to be passed on, made or under way: `faces` blurred, the cues `mute` not heard.

    What the cues span now counts, whatever becomes of them. Raises `NotProbed`, `UnknownCue`,
    `NothingToRedact`, and as `rendition_request` does.
    """
    if not hasattr(video, "media"):
        raise NotProbed(
            "It is not known yet what is in the file. Ask again once the video has its media facts."
            if video.status in Video.OPEN
            else "Nothing in this file could be read, so there is nothing to make a copy of."
        )
    spans = _spans(video, mute)
    faces = faces and video.media.video_stream is not None
    if not faces and not spans:
        message = "Name cues to mute, or have the faces of a video with pictures blurred."
        raise NothingToRedact(message, errors={"mute": [message]})
    redact = {"faces": faces, "mute_ms": spans, "beep": beep and bool(spans)}
    return rendition_request(
        video=video, kind=Rendition.Kind.REDACTED, parameters={"redact": redact}, user=user
    )


@transaction.atomic
def rendition_delete(*, rendition: Rendition) -> None:
    """Remove what was made on request, or end its making, and its file once that is committed.

    The sweeper removes what this process, killed or without storage, does not. A worker at it finds
    its lease gone, and discards what it has.
    """
    video_id: UUID = rendition.video_id
    # In the order in which workers lock them; then nobody can begin it anew.
    list(PipelineRun.objects.select_for_update().filter(rendition=rendition).values_list("id"))
    list(StageRun.objects.select_for_update().filter(run__rendition=rendition).values_list("id"))
    Video.objects.select_for_update(no_key=True).filter(id=video_id).first()
    rendition.delete()
    removal, _ = Removal.objects.get_or_create(video_id=video_id)
    transaction.on_commit(lambda: pipeline.remove_files(removal), robust=True)


def _spans(video: Video, cues: Sequence[UUID]) -> list[list[int]]:
    """Return what the cues span, ms, ascending and apart. Raises `UnknownCue`."""
    found = Cue.objects.filter(video=video, id__in=cues).order_by("start_ms")
    spans = {cue.id: (cue.start_ms, cue.end_ms) for cue in found}
    if unknown := [str(cue) for cue in cues if cue not in spans]:
        message = (
            f"The video has no cue {', '.join(unknown[:3])}: its transcript has the ids. "
            "They change when speech is transcribed anew."
        )
        raise UnknownCue(message, errors={"mute": [message]})
    return [list(span) for span in _joined(spans.values())]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans, ascending by their starts, that overlap or touch."""
    joined: list[Span] = []
    for start_ms, end_ms in spans:
        if joined and start_ms <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ms))
        else:
            joined.append((start_ms, end_ms))
    return joined


def _digest(parameters: Mapping[str, Any] | None) -> str:
    if not parameters:
        return ""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
