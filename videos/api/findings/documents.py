"""The findings' documents, for views and for commands that print them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from videos import selectors
from videos.api.findings import serializers
from videos.api.meaning.serializers import ChapterSerializer
from videos.api.speakers.serializers import SpeakerSerializer, SpeakerTurnSerializer
from videos.models import Cue, Track, Video

_TRACKS = {
    "shot": (selectors.shot_list, serializers.ShotSerializer),
    "cue": (selectors.cue_list, serializers.CueSerializer),
    "text": (selectors.screen_text_list, serializers.ScreenTextSerializer),
    "object": (selectors.object_list, serializers.FollowedTrackSerializer),
    "face": (selectors.face_list, serializers.FollowedTrackSerializer),
    "nudity": (selectors.nudity_list, serializers.NuditySpanSerializer),
    "sound": (selectors.sound_list, serializers.SoundEventSerializer),
    "chapter": (selectors.chapter_list, ChapterSerializer),
    "speaker": (selectors.turn_list, SpeakerTurnSerializer),
}
_Span = Mapping[str, int]


def timeline(
    video: Video,
    kinds: Iterable[str] = serializers.TRACKS,
    span: _Span | None = None,
    **context: Any,
) -> dict[str, Any]:
    """Return `{"duration_ms", "tracks"}`."""
    return {
        "duration_ms": video.media.duration_ms if hasattr(video, "media") else None,
        "tracks": [{"kind": kind, "items": items(video, kind, span, **context)} for kind in kinds],
    }


def transcript(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"language", "imported", "cues"}`."""
    imported = selectors.transcript_import(video=video)
    return {
        "language": video.transcript.language if hasattr(video, "transcript") else None,
        "imported": serializers.TranscriptImportSerializer(imported).data if imported else None,
        "cues": items(video, "cue", span, **context),
    }


def shots(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"shots"}`."""
    return {"shots": items(video, "shot", span, **context)}


def texts(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"texts"}`."""
    return {"texts": items(video, "text", span, **context)}


def objects(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"tracks"}`."""
    return {"tracks": items(video, "object", span, **context)}


def faces(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"tracks", "counts"}`."""
    counts = selectors.face_counts(video=video, **span or {})
    return {
        "tracks": items(video, "face", span, **context),
        "counts": [asdict(count) for count in counts],
    }


def nudity(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"spans"}`."""
    return {"spans": items(video, "nudity", span, **context)}


def sounds(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"events"}`."""
    return {"events": items(video, "sound", span, **context)}


def speakers(video: Video, span: _Span | None = None, **context: Any) -> dict[str, Any]:
    """Return `{"speakers", "turns"}`: all who speak, and their turns in the span."""
    spoken = selectors.speaker_list(video=video)
    return {
        "speakers": SpeakerSerializer(spoken, many=True).data,
        "turns": items(video, "speaker", span, **context),
    }


def items(video: Video, kind: str, span: _Span | None = None, **context: Any) -> Any:
    """Return the findings of one kind.

    `request` in the context makes addresses absolute; `boxes="none"` leaves those of tracks unread.
    """
    find, serializer = _TRACKS[kind]
    found: Any = find(video=video, **span or {})
    if found.model is Track and context.get("boxes") == "none":
        found = found.defer("boxes")
    if found.model is Cue:
        context["speakers"] = selectors.speakers_of(video=video, cues=found)
    return serializer(found, many=True, context=context).data
