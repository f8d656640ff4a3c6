"""What clients say of a video."""

from typing import Any

from rest_framework import serializers

from pipeline.net import addresses
from videos.api.fields import (
    AudioTrackField,
    LanguageField,
    MetadataField,
    TextField,
    VocabularyField,
)
from videos.models import Video


def none_of(*choices: str) -> str:
    """Return what is said to a value that is no choice."""
    return f'"{{input}}" is none of: {", ".join(choices)}.'


class KnownFieldsSerializer(serializers.Serializer[Any]):
    """Input that refuses names it does not know: a misspelt field must not pass unseen."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(
                {name: ["Unknown field."] for name in sorted(unknown)}
            )
        return attrs


class VideoFields(KnownFieldsSerializer):
    """What may be said of a video that comes in, whichever way it comes."""

    title = TextField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="The file's name without its suffix by default.",
    )
    language = LanguageField()
    profile = serializers.ChoiceField(
        Video.Profile.choices,
        default=Video.Profile.STANDARD,
        error_messages={"invalid_choice": none_of(*Video.Profile.values)},
    )
    priority = serializers.IntegerField(
        min_value=0, max_value=9, default=5, help_text="Higher goes first."
    )
    vocabulary = VocabularyField(default=list)
    audio_track = AudioTrackField(default=None)
    metadata = MetadataField(default=dict, help_text="A JSON object of your own.")


class UploadFields(VideoFields):
    """What may be said of a video whose bytes are brought."""

    on_duplicate = serializers.ChoiceField(
        ["create", "return"],
        default="create",
        error_messages={"invalid_choice": none_of("create", "return")},
        help_text="Where the workspace has a video with the same bytes: make another all the "
        "same, or answer the newest of them that has not failed, with 200.",
    )


class VideoInput(UploadFields):
    """The form that brings a video."""

    file = serializers.FileField(
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Send a file, or its address as source_url."},
    )


class _AddressField(TextField):
    """A URL; what its host leads to is looked at later."""

    def described(self) -> dict[str, Any]:
        return super().described() | {"pattern": addresses.PATTERN}


class VideoSourceInput(VideoFields):
    """Where a video lies that is to be fetched."""

    source_url = _AddressField(
        max_length=2000,
        trim_whitespace=False,
        error_messages={"required": "Name a file's address, or send the file in a form."},
        help_text="http or https, of a file, without user name and password.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "file" in self.initial_data:
            raise serializers.ValidationError({"file": ["Send a file or its address, not both."]})
        return super().validate(attrs)


class VideoChanges(KnownFieldsSerializer):
    """What may be changed; what is left out stays."""

    title = TextField(max_length=300, required=False)
    language = LanguageField()
    priority = serializers.IntegerField(min_value=0, max_value=9, required=False)
    vocabulary = VocabularyField(required=False)
    audio_track = AudioTrackField(required=False)
    metadata = MetadataField(required=False)


class ReprocessInput(KnownFieldsSerializer):
    """What to run again."""

    stages = serializers.ListField(
        child=TextField(max_length=50),
        default=list,
        max_length=100,
        help_text="Names of stages of the video's profile; all of them where none is given.",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Tell what would run; run nothing.")
