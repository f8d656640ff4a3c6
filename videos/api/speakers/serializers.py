"""Speakers and their turns as clients see them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from pipeline.media.cues import hides
from videos.api.fields import TextField
from videos.api.findings import examples
from videos.api.findings.sources import FindingSerializer
from videos.api.videos.inputs import KnownFieldsSerializer
from videos.models import Speaker, SpeakerTurn


class SpeakerSerializer(serializers.ModelSerializer[Speaker]):
    """One voice."""

    label = serializers.CharField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        help_text="S1, S2 …, by who first speaks; kept from run to run."
    )
    speech_ms = serializers.IntegerField(help_text="How long it speaks, in the whole video.")

    class Meta:
        model = Speaker
        fields = ["label", "name", "speech_ms"]
        read_only_fields = fields


class SpeakerTurnSerializer(FindingSerializer[SpeakerTurn]):
    speaker = serializers.CharField(source="speaker.label", help_text="A speaker's label.")
    name = serializers.CharField(source="speaker.name", help_text="Empty where none was told.")

    class Meta:
        model = SpeakerTurn
        fields = ["id", "speaker", "name", "start_ms", "end_ms", "confidence", "source"]
        read_only_fields = fields
        extra_kwargs = {
            "confidence": {"help_text": "How alike the voice is to the speaker's: cosine, 0..1."}
        }


@extend_schema_serializer(examples=[OpenApiExample("Two speakers", examples.SPEAKERS)])
class SpeakersSerializer(serializers.Serializer[Any]):
    speakers = SpeakerSerializer(many=True)
    turns = SpeakerTurnSerializer(many=True)


class _NameField(TextField):
    """A name in one line: it stands before lines of subtitles, where what hides would change them."""

    default_error_messages = {
        "refused": "It holds a line break, or a character that shows nothing or turns the direction "
        "of writing: leave it out."
    }
    refuses = staticmethod(hides)


class SpeakerChanges(KnownFieldsSerializer):
    """What may be changed; what is left out stays."""

    name = _NameField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Whose voice it is, in one line; empty: nobody says.",
    )
