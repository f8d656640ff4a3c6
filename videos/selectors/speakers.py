"""Who speaks in a video, and who said a cue."""

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Length

from videos.models import Cue, Speaker, SpeakerTurn, Video
from videos.selectors.findings import segments

_MOST_TURNS = 50
"""Of a cue that somebody set over half the video so many tell who speaks in it."""


def speaker_list(*, video: Video) -> QuerySet[Speaker]:
    """Return who speaks in the video, by label, each with `speech_ms`: how long."""
    spoken = Speaker.objects.filter(video=video, turns__isnull=False)
    heard = spoken.annotate(speech_ms=Sum(F("turns__end_ms") - F("turns__start_ms")))
    # S2 comes before S10.
    return heard.order_by(Length("label"), "label")


def speaker_get(*, video: Video, label: str) -> Speaker:
    """Return one speaker of the video. Raises `Speaker.DoesNotExist`."""
    return speaker_list(video=video).get(label=label)


def turn_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[SpeakerTurn]:
    """Return the speakers' turns that overlap the span."""
    return segments(SpeakerTurn, video, from_ms, to_ms).select_related("speaker")


def speakers_of(*, video: Video, cues: Sequence[Cue]) -> dict[UUID, Speaker]:
    """Return who said each cue, by its id: whose turns share most of its time.

    A cue in which nobody is heard has none. `cues` ascend.
    """
    if not cues:
        return {}
    turns = list(
        SpeakerTurn.objects.filter(video=video)
        .within(cues[0].start_ms, max(cue.end_ms for cue in cues))
        .order_by("start_ms")
        .select_related("speaker")
    )
    starts, ends = [turn.start_ms for turn in turns], [turn.end_ms for turn in turns]
    said = {}
    for cue in cues:
        shared: Counter[Speaker] = Counter()
        first, last = bisect(ends, cue.start_ms), bisect(starts, cue.end_ms - 1)
        for turn in turns[first : min(last, first + _MOST_TURNS)]:
            shared[turn.speaker] += min(turn.end_ms, cue.end_ms) - max(turn.start_ms, cue.start_ms)
        if shared:
            said[cue.id] = shared.most_common(1)[0][0]
    return said
