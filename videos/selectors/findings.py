"""What the stages found in a video, in order of time."""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeVar

from django.db.models import QuerySet

from videos.models import (
    Cue,
    Finding,
    NuditySpan,
    ScreenText,
    Shot,
    SoundEvent,
    Track,
    Video,
)

if TYPE_CHECKING:
    from videos.querysets import SegmentQuerySet

Found = TypeVar("Found", bound=Finding)


@dataclass(frozen=True)
class Count:
    """So many of a kind at once; where there is none, there is no such span."""

    start_ms: int
    end_ms: int
    count: int


def shot_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Shot]:
    """Return the shots that overlap the span."""
    return segments(Shot, video, from_ms, to_ms)


def cue_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Cue]:
    """Return the cues that overlap the span."""
    return segments(Cue, video, from_ms, to_ms)


def screen_text_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[ScreenText]:
    """Return the screen texts that overlap the span."""
    return segments(ScreenText, video, from_ms, to_ms)


def object_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Track]:
    """Return the tracks of things that overlap the span."""
    return segments(Track, video, from_ms, to_ms).filter(kind=Track.Kind.OBJECT)


def face_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Track]:
    """Return the tracks of faces that overlap the span."""
    return segments(Track, video, from_ms, to_ms).filter(kind=Track.Kind.FACE)


def face_counts(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> list[Count]:
    """Return how many faces are seen at once, as spans of equal count within the span asked for."""
    faces: SegmentQuerySet = Track.objects.filter(video=video, kind=Track.Kind.FACE)
    changes: Counter[int] = Counter()
    for start, end in faces.within(from_ms, to_ms).values_list("start_ms", "end_ms"):
        changes[max(start, from_ms or 0)] += 1
        changes[end if to_ms is None else min(end, to_ms)] -= 1
    moments = sorted(at for at, change in changes.items() if change)
    seen = accumulate(changes[at] for at in moments)
    return [
        Count(at, until, n) for (at, until), n in zip(pairwise(moments), seen, strict=False) if n
    ]


def nudity_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[NuditySpan]:
    """Return the spans of nudity that overlap the span."""
    return segments(NuditySpan, video, from_ms, to_ms)


def sound_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[SoundEvent]:
    """Return the sound events that overlap the span."""
    return segments(SoundEvent, video, from_ms, to_ms)


def segments(
    kind: type[Found], video: Video, from_ms: int | None, to_ms: int | None
) -> QuerySet[Found]:
    """Return findings of a kind that overlap the span, in order of time."""
    found: SegmentQuerySet = kind.objects.filter(video=video)
    # One stage made them all: fetched once beside them, not joined into every row.
    return found.within(from_ms, to_ms).timely().prefetch_related("stage_run")
