"""Findings as clients see them: one serializer each, for its own endpoint and the timeline."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.reverse import reverse

from pipeline.media.trust import FLAGS
from videos.api.fields import CommaListField
from videos.api.findings import examples
from videos.api.findings.sources import FindingSerializer
from videos.models import Cue, NuditySpan, ScreenText, Shot, SoundEvent, Track, TranscriptImport

_LATEST_MS = 2**53


class SpanQuery(serializers.Serializer[Any]):
    """A span to look at; what overlaps it is returned."""

    from_ms = serializers.IntegerField(min_value=0, max_value=_LATEST_MS, required=False)
    to_ms = serializers.IntegerField(min_value=0, max_value=_LATEST_MS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from_ms" in attrs and "to_ms" in attrs and attrs["to_ms"] <= attrs["from_ms"]:
            raise serializers.ValidationError({"to_ms": ["It must be after from_ms."]})
        return attrs


class TracksQuery(SpanQuery):
    boxes = serializers.ChoiceField(
        ("all", "none"),
        default="all",
        help_text="`none` leaves a track's boxes empty: those of two busy hours are 20 MB.",
    )


class CaptionsQuery(serializers.Serializer[Any]):
    KEEP, OMIT = "keep", "omit"

    flagged = serializers.ChoiceField(
        (KEEP, OMIT),
        default=KEEP,
        help_text="`omit` leaves out cues that carry a flag: they may not have been said.",
    )


TRACKS = ("shot", "cue", "text", "object", "face", "nudity", "sound", "chapter", "speaker")


class TimelineQuery(TracksQuery):
    kinds = CommaListField(
        TRACKS, default=list(TRACKS), help_text="Which tracks, by comma: `shot,cue,text,object`."
    )


class ShotSerializer(FindingSerializer[Shot]):
    keyframe_url = serializers.SerializerMethodField()

    class Meta:
        model = Shot
        fields = [
            "id",
            "index",
            "start_ms",
            "end_ms",
            "keyframe_ms",
            "keyframe_url",
            "transition",
            "transition_ms",
            "confidence",
            "source",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "confidence": {
                "help_text": "How probable the boundary at its start is; null for the first."
            },
            "transition": {
                "help_text": "How the shot before gives way to it; null for the first.",
            },
            "transition_ms": {"help_text": "How long that lasts, about its start; 0 for a cut."},
        }

    @extend_schema_field(serializers.URLField)
    def get_keyframe_url(self, shot: Shot) -> str:
        parts = {"video_id": shot.video_id, "index": shot.index}
        return reverse("api:shot-keyframe", kwargs=parts, request=self.context.get("request"))


class WordSerializer(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    text = serializers.CharField()
    probability = serializers.FloatField()


@extend_schema_field(WordSerializer(many=True))
class WordsField(serializers.JSONField):
    """Stored as it is shown; an hour of speech has ten thousand of them."""


class CueSerializer(FindingSerializer[Cue]):
    words = WordsField()
    flags = serializers.ListField(
        child=serializers.ChoiceField(FLAGS),
        help_text="Why it may be wrong; none: nothing speaks against it.",
    )
    speaker = serializers.SerializerMethodField(
        help_text="The label of who speaks for the most of it; null where nobody was told apart."
    )

    class Meta:
        model = Cue
        fields = [
            *("id", "start_ms", "end_ms", "text", "language", "confidence", "flags", "speaker"),
            "words",
            "source",
        ]
        read_only_fields = fields

    def get_speaker(self, cue: Cue) -> str | None:
        speaker = self.context["speakers"].get(cue.id)
        return speaker.label if speaker else None


class BoxField(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        box = {"child": serializers.FloatField(), "min_length": 4, "max_length": 4}
        super().__init__(**{**box, "help_text": "x, y, w, h in 0..1 from the top left.", **options})


class ScreenTextSerializer(FindingSerializer[ScreenText]):
    box = BoxField()

    class Meta:
        model = ScreenText
        fields = ["id", "start_ms", "end_ms", "text", "confidence", "box", "source"]
        read_only_fields = fields


class SightingSerializer(serializers.Serializer[Any]):
    """Where it was in one picture."""

    at_ms = serializers.IntegerField()
    box = BoxField()
    confidence = serializers.FloatField()


@extend_schema_field(SightingSerializer(many=True))
class SightingsField(serializers.JSONField):
    """Stored as it is shown; a busy minute has thousands of them."""

    def get_attribute(self, track: Track) -> Any:
        return super().get_attribute(track) if self.context.get("boxes") != "none" else []


class FollowedTrackSerializer(FindingSerializer[Track]):
    """The same thing in the pictures of a shot."""

    boxes = SightingsField(help_text="Where it was seen; between two it may be interpolated.")

    class Meta:
        model = Track
        fields = ["id", "label", "start_ms", "end_ms", "confidence", "boxes", "source"]
        read_only_fields = fields


class NuditySpanSerializer(FindingSerializer[NuditySpan]):
    class Meta:
        model = NuditySpan
        fields = ["id", "start_ms", "end_ms", "score", "confidence", "source"]
        read_only_fields = fields
        extra_kwargs = {"confidence": {"help_text": "Mean score over the span, 0..1."}}


class SoundEventSerializer(FindingSerializer[SoundEvent]):
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        help_text="speech, music, laughter, applause, alarm, siren, gunshot, explosion, scream or glass."
    )

    class Meta:
        model = SoundEvent
        fields = ["id", "label", "start_ms", "end_ms", "score", "confidence", "source"]
        read_only_fields = fields
        extra_kwargs = {"confidence": {"help_text": "Mean score over the span, 0..1."}}


class TranscriptImportSerializer(serializers.ModelSerializer[TranscriptImport]):
    class Meta:
        model = TranscriptImport
        fields = ["filename", "track", "language", "imported_at"]
        read_only_fields = fields
        extra_kwargs = {
            "filename": {"help_text": "Empty: a track."},
            "track": {"help_text": "Index of the video's stream; null: a file."},
            "language": {"help_text": "Empty: not known."},
        }


@extend_schema_serializer(examples=[OpenApiExample("One cue", examples.TRANSCRIPT)])
class TranscriptSerializer(serializers.Serializer[Any]):
    language = serializers.CharField(allow_null=True)
    imported = TranscriptImportSerializer(
        allow_null=True, help_text="What takes the place of what is heard; null: nothing does."
    )
    cues = CueSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One shot", examples.SHOTS)])
class ShotsSerializer(serializers.Serializer[Any]):
    shots = ShotSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One text", examples.TEXTS)])
class TextsSerializer(serializers.Serializer[Any]):
    texts = ScreenTextSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One bottle", examples.OBJECTS)])
class ObjectsSerializer(serializers.Serializer[Any]):
    tracks = FollowedTrackSerializer(many=True)


class CountSerializer(serializers.Serializer[Any]):
    """So many at once, from one change to the next; what no span covers has none."""

    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    count = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("Two faces", examples.FACES)])
class FacesSerializer(serializers.Serializer[Any]):
    tracks = FollowedTrackSerializer(many=True)
    counts = CountSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One span", examples.NUDITY)])
class NuditySerializer(serializers.Serializer[Any]):
    spans = NuditySpanSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One event", examples.SOUNDS)])
class SoundsSerializer(serializers.Serializer[Any]):
    events = SoundEventSerializer(many=True)


class TrackSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(TRACKS)
    items = serializers.ListField(
        child=serializers.DictField(), help_text="Each as its own endpoint shows it."
    )


@extend_schema_serializer(examples=[OpenApiExample("One of each", examples.TIMELINE)])
class TimelineSerializer(serializers.Serializer[Any]):
    duration_ms = serializers.IntegerField(allow_null=True, help_text="Null before the probe.")
    tracks = TrackSerializer(many=True)
