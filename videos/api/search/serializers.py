"""A search and its results."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from videos.api.fields import CommaListField, storable
from videos.models import Passage
from videos.selectors import Hit


class SearchQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        max_length=400,
        validators=[storable],
        help_text='Words; "a phrase", `or` and `-not` are understood.',
    )
    kinds = CommaListField(
        Passage.Kind.values, required=False, help_text="By comma: `cue` speech, `text` screen text."
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


class ResultsSerializer(serializers.Serializer[Any]):
    results = HitSerializer(many=True)
