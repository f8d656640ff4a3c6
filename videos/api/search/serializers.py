"""A search and its results."""

from typing import Any

from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.reverse import reverse

from videos.api.fields import CommaListField, TextField
from videos.api.search import examples
from videos.models import Passage
from videos.selectors import Found, Hit

_BY = ("lexical", "semantic")
_LATEST_MS = 2**53 - 1
_MOST = 100


class KindsQuery(serializers.Serializer[Any]):
    kinds = CommaListField(
        Passage.Kind.values,
        required=False,
        help_text="By comma: `cue` speech, `text` screen text, `chapter` chapters' titles, "
        "`object` things seen, `sound` sounds heard.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=_MOST, default=20)


class SearchQuery(KindsQuery):
    q = TextField(
        max_length=400,
        help_text='Words, or a question; `"a phrase"`, `begin*`, `-not`, `this or that`.',
    )
    video = serializers.UUIDField(required=False, help_text="In this video alone.")
    from_ms = serializers.IntegerField(
        min_value=0, max_value=_LATEST_MS, required=False, help_text="In the video, from here on."
    )
    to_ms = serializers.IntegerField(
        min_value=0, max_value=_LATEST_MS, required=False, help_text="In the video, before here."
    )
    language = serializers.RegexField(r"^[a-z]{2,3}$", required=False)
    label = TextField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        max_length=60, required=False, help_text="Things and sounds of this name alone: `boat`."
    )
    created_after = serializers.DateTimeField(
        required=False, help_text="In videos created then or later."
    )
    created_before = serializers.DateTimeField(
        required=False, help_text="In videos created earlier."
    )
    by = CommaListField(
        _BY,
        default=list(_BY),
        help_text="`lexical` by the words, `semantic` by what they mean; both, if not told.",
    )
    group = serializers.ChoiceField(
        ["video"], required=False, help_text="Best videos, each with its three best moments."
    )
    facets = serializers.BooleanField(
        default=False, help_text="Count what was found by kind, language, label and video."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        for name in ("from_ms", "to_ms"):
            if name in given and "video" not in given:
                raise serializers.ValidationError({name: "It is a time in a `video`: name that."})
        return given


class SimilarQuery(KindsQuery):
    start_ms = serializers.IntegerField(min_value=0, max_value=_LATEST_MS)
    end_ms = serializers.IntegerField(min_value=1, max_value=_LATEST_MS, help_text="Exclusive.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["end_ms"] <= given["start_ms"]:
            raise serializers.ValidationError({"end_ms": "It is not after start_ms."})
        return given


class FoundVideoSerializer(serializers.Serializer[Hit]):
    id = serializers.UUIDField(source="video_id")
    title = serializers.CharField()


class HitSerializer(serializers.Serializer[Any]):
    video = FoundVideoSerializer(source="*")
    kind = serializers.ChoiceField(Passage.Kind.choices)
    language = serializers.CharField(help_text="Empty where it is not known.")
    start_ms = serializers.IntegerField(
        help_text="Of the cue in the passage that has the words. What was found by its meaning alone "
        "is the whole passage, unless one cue has more than half of the words."
    )
    end_ms = serializers.IntegerField()
    text = serializers.CharField(help_text="The whole passage: some cues of one breath.")
    highlight = serializers.CharField(
        help_text="HTML: the text with `<mark>`; without, where the whole passage is meant."
    )
    score = serializers.FloatField(help_text="0..1; comparable within one search only.")
    matched_by = serializers.ListField(child=serializers.ChoiceField(_BY))
    thumbnail_url = serializers.SerializerMethodField()

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


class VideoHitsSerializer(serializers.Serializer[Any]):
    video = FoundVideoSerializer(source="best")
    score = serializers.FloatField(source="best.score", help_text="That of its best moment.")
    found = serializers.IntegerField(help_text="How many of the moments that were ranked are its.")
    hits = HitSerializer(many=True, help_text="The three best.")


class FacetSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    count = serializers.IntegerField()


class VideoFacetSerializer(serializers.Serializer[Any]):
    video = FoundVideoSerializer(source="*")
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer[Any]):
    """The commonest 20 of each. By its words a search ranks 500 passages at most: more may be there."""

    kinds = FacetSerializer(many=True)
    languages = FacetSerializer(many=True)
    labels = FacetSerializer(many=True)
    videos = VideoFacetSerializer(many=True)


class _WhySerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


_RESULT = PolymorphicProxySerializer(
    component_name="SearchResult",
    serializers=[HitSerializer, VideoHitsSerializer],
    resource_type_field_name=None,
    many=True,
)


@extend_schema_serializer(examples=[*examples.MOMENTS, *examples.VIDEOS])
class ResultsSerializer(serializers.Serializer[Found]):
    results = serializers.SerializerMethodField()
    searched_by = serializers.ListField(child=serializers.ChoiceField(_BY))
    corrected = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    facets = FacetsSerializer(allow_null=True, help_text="Null unless asked for.")

    @extend_schema_field(_RESULT)
    def get_results(self, found: Found) -> Any:
        """Moments; by `group=video` videos with their moments."""
        if found.videos is None:
            return HitSerializer(found.hits, many=True, context=self.context).data
        return VideoHitsSerializer(found.videos, many=True, context=self.context).data

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_corrected(self, found: Found) -> str | None:
        """What was searched for instead, where no passage has a word that was mistyped."""
        return found.corrected or None

    @extend_schema_field(_WhySerializer(allow_null=True))
    def get_reason(self, found: Found) -> dict[str, str] | None:
        """Why it was searched by words alone, where meanings were asked for: `model_missing`.

        Where nothing is found, `short_beginning` may be why.
        """
        if found.too_short:
            message = (
                f"A beginning has three letters or more: {found.too_short} is taken for a word."
            )
            return {"code": "short_beginning", "message": message}
        why = found.no_vector
        return {"code": why.code, "message": why.message} if why else None


@extend_schema_serializer(examples=examples.SIMILAR)
class SimilarSerializer(serializers.Serializer[Any]):
    results = HitSerializer(many=True)
