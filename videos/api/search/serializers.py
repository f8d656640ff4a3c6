"""A search and its results."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.reverse import reverse

from videos.api.fields import CommaListField, TextField
from videos.models import Passage
from videos.selectors import Hit


class SearchQuery(serializers.Serializer[Any]):
    q = TextField(
        max_length=400,
        help_text='Words; "a phrase", `or` and `-not` are understood.',
    )
    kinds = CommaListField(
        Passage.Kind.values,
        required=False,
        help_text="By comma: `cue` speech, `text` screen text, `object` things.",
    )
    video = serializers.UUIDField(required=False, help_text="In this video alone.")
    language = serializers.RegexField(r"^[a-z]{2,3}$", required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class FoundVideoSerializer(serializers.Serializer[Hit]):
    id = serializers.UUIDField(source="video_id")
    title = serializers.CharField()


class HitSerializer(serializers.Serializer[Any]):
    video = FoundVideoSerializer(source="*")
    kind = serializers.ChoiceField(Passage.Kind.choices)
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    text = serializers.CharField()
    highlight = serializers.CharField(help_text="HTML: the text with `<mark>`.")
    score = serializers.FloatField(help_text="0..1; comparable within one search only.")
    matched_by = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(["lexical"])))
    def get_matched_by(self, hit: Hit) -> list[str]:
        return ["lexical"]

    def get_thumbnail_url(self, hit: Hit) -> str | None:
        """The keyframe of the shot on screen then, else the poster."""
        parts: dict[str, Any] = {"video_id": hit.video_id}
        if hit.shot_index is not None:
            name, parts["index"] = "api:shot-keyframe", hit.shot_index
        elif hit.has_poster:
            name = "api:video-poster"
        else:
            return None
        return reverse(name, kwargs=parts, request=self.context.get("request"))


_EXAMPLE = {
    "results": [
        {
            "video": {"id": "0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10", "title": "harbour"},
            "kind": "cue",
            "start_ms": 5100,
            "end_ms": 6900,
            "text": "Ships leave the harbour.",
            "highlight": "<mark>Ships</mark> leave the harbour.",
            "score": 0.09,
            "matched_by": ["lexical"],
            "thumbnail_url": "http://127.0.0.1:8000/api/v1/videos/"
            "0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10/shots/1.jpg",
        }
    ]
}


@extend_schema_serializer(examples=[OpenApiExample("One moment", _EXAMPLE)])
class ResultsSerializer(serializers.Serializer[Any]):
    results = HitSerializer(many=True)
