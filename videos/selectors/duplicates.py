"""Where other videos show the same."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet

from pipeline.models import StageRun
from videos.models import Duplicate, Video

# Of something that a whole library shares, the longest spans are shown.
MOST_DUPLICATES = 200


@dataclass(frozen=True)
class SharedSpan:
    """A span of a video that another one shows as well."""

    id: UUID | None
    """None where the files are the same: nothing had to find that."""
    video: Video
    """The other one."""
    start_ms: int
    end_ms: int
    other_start_ms: int
    other_end_ms: int
    confidence: float
    mirrored: bool
    identical: bool
    """Whether both videos are the same file, byte by byte."""
    source: StageRun | None
    """None where the files are the same."""


def duplicate_list(*, video: Video) -> list[SharedSpan]:
    """Return what other videos of the workspace share with the video, in order of time.

    Whichever of two came first, each tells of the other.
    """
    length = F("end_ms") - F("start_ms")
    pairs = (
        Duplicate.objects.filter(Q(video=video) | Q(other=video))
        .order_by(length.desc(), "-confidence", "id")
        .select_related("video", "other", "stage_run")[:MOST_DUPLICATES]
    )
    found = [_same_file(video, copy) for copy in _copies(video)]
    found += [_seen_from(video, pair) for pair in pairs]
    return sorted(found, key=lambda span: (span.start_ms, -span.end_ms, -span.confidence))


def _copies(video: Video) -> QuerySet[Video]:
    if not video.has_bytes or not hasattr(video, "media"):
        return Video.objects.none()
    return (
        Video.objects.filter(workspace=video.workspace_id, checksum_sha256=video.checksum_sha256)
        .exclude(id=video.id)
        .order_by("-created_at", "id")[:MOST_DUPLICATES]
    )


def _same_file(video: Video, copy: Video) -> SharedSpan:
    return SharedSpan(
        id=None,
        video=copy,
        start_ms=0,
        end_ms=video.media.duration_ms,
        other_start_ms=0,
        other_end_ms=video.media.duration_ms,
        confidence=1.0,
        mirrored=False,
        identical=True,
        source=None,
    )


def _seen_from(video: Video, pair: Duplicate) -> SharedSpan:
    own, other = (pair.start_ms, pair.end_ms), (pair.other_start_ms, pair.other_end_ms)
    is_first = pair.video_id == video.id
    (start_ms, end_ms), (other_start_ms, other_end_ms) = (own, other) if is_first else (other, own)
    return SharedSpan(
        id=pair.id,
        video=pair.other if is_first else pair.video,
        start_ms=start_ms,
        end_ms=end_ms,
        other_start_ms=other_start_ms,
        other_end_ms=other_end_ms,
        confidence=pair.confidence or 0.0,
        mirrored=pair.mirrored,
        identical=False,
        source=pair.stage_run,
    )
