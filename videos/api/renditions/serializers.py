"""Renditions as clients ask for them, and as they see them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.reverse import reverse

from videos import selectors
from videos.api.renditions import examples
from videos.api.videos.inputs import KnownFieldsSerializer, none_of
from videos.api.videos.stages import ReasonSerializer
from videos.models import Rendition

_MOST_CUES = 1000
_STATES = ("queued", "running", "ready", "failed")


@extend_schema_serializer(examples=[OpenApiExample("A redacted copy", examples.REQUEST)])
class RenditionInput(KnownFieldsSerializer):
    """What is to be made."""

    kind = serializers.ChoiceField(
        [Rendition.Kind.REDACTED.value],
        error_messages={"invalid_choice": none_of(Rendition.Kind.REDACTED.value)},
        help_text="`redacted`: a copy to be passed on.",
    )
    faces = serializers.BooleanField(default=True, help_text="Whether faces are blurred.")
    mute = serializers.ListField(
        child=serializers.UUIDField(),
        default=list,
        max_length=_MOST_CUES,
        help_text="Ids of cues, as the transcript has them now, that are not to be heard.",
    )
    beep = serializers.BooleanField(
        default=False, help_text="Whether a tone is heard there, instead of nothing."
    )


class SpanSerializer(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()


class RedactionSerializer(serializers.Serializer[Any]):
    """What of a redacted copy is not to be seen or heard."""

    faces = serializers.BooleanField()
    muted = SpanSerializer(many=True)
    beep = serializers.BooleanField()


class RenditionLinksSerializer(serializers.Serializer[Any]):
    file = serializers.URLField(allow_null=True, help_text="Null until it is ready.")
    video = serializers.URLField()


@extend_schema_serializer(
    examples=[OpenApiExample("A redacted copy", examples.RENDITION, response_only=True)]
)
class RenditionSerializer(serializers.ModelSerializer[Rendition]):
    """A rendition of `selectors.rendition_list`."""

    url = serializers.SerializerMethodField()
    kind = serializers.ChoiceField([kind.value for kind in Rendition.ON_REQUEST])
    status = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    parameters = serializers.SerializerMethodField()
    content_type = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Rendition
        fields = [
            "id",
            "url",
            "kind",
            "status",
            "progress",
            "reason",
            "parameters",
            "content_type",
            "size_bytes",
            "created_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {"size_bytes": {"help_text": "Null until it is ready."}}

    @extend_schema_field(serializers.URLField)
    def get_url(self, rendition: Rendition) -> str:
        return self._url("video-rendition", rendition)

    @extend_schema_field(serializers.ChoiceField(_STATES))
    def get_status(self, rendition: Rendition) -> str:
        return selectors.rendition_state(rendition).status

    @extend_schema_field(serializers.FloatField(min_value=0, max_value=1))
    def get_progress(self, rendition: Rendition) -> float:
        return selectors.rendition_state(rendition).progress

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, rendition: Rendition) -> Any:
        """Why it failed."""
        return selectors.rendition_state(rendition).reason

    @extend_schema_field(RedactionSerializer(allow_null=True))
    def get_parameters(self, rendition: Rendition) -> dict[str, Any] | None:
        """As asked for, with the spans that the cues had then; null where there are none."""
        asked = rendition.parameters.get("redact")
        if asked is None:
            return None
        muted = [{"start_ms": start_ms, "end_ms": end_ms} for start_ms, end_ms in asked["mute_ms"]]
        return {"faces": asked["faces"], "muted": muted, "beep": asked["beep"]}

    def get_content_type(self, rendition: Rendition) -> str | None:
        """Null until it is ready."""
        return rendition.content_type or None

    @extend_schema_field(RenditionLinksSerializer)
    def get_links(self, rendition: Rendition) -> dict[str, str | None]:
        request = self.context.get("request")
        video = {"video_id": rendition.video_id}
        return {
            "file": self._url("video-rendition-file", rendition) if rendition.path else None,
            "video": reverse("api:video", kwargs=video, request=request),
        }

    def _url(self, name: str, rendition: Rendition) -> str:
        parts = {"video_id": rendition.video_id, "rendition_id": rendition.id}
        return reverse(f"api:{name}", kwargs=parts, request=self.context.get("request"))
