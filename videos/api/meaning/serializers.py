"""Chapters, summary, keywords and names as clients see them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from videos.api.findings.sources import FindingSerializer, SourceSerializer
from videos.api.meaning import examples
from videos.models import Chapter, EntityMention, Keyword, SummarySentence
from videos.selectors import Entity


class ChapterSerializer(FindingSerializer[Chapter]):
    title = serializers.CharField(
        source="shown_title",
        help_text="Words said in it, or what the screen shows as it begins; or a language model's.",
    )
    title_source = serializers.SerializerMethodField()

    class Meta:
        model = Chapter
        fields = [
            *("id", "start_ms", "end_ms", "title", "title_source"),
            *("sentiment", "confidence", "source"),
        ]
        read_only_fields = fields
        extra_kwargs = {
            "sentiment": {
                "help_text": "How its words sound, -1..1; null where they are not English."
            },
            "confidence": {
                "help_text": "How clearly the matter changes at its start; null for the first."
            },
        }

    @extend_schema_field(SourceSerializer)
    def get_title_source(self, chapter: Chapter) -> Any:
        """As `source`, or what of a language model's words it is."""
        if told := getattr(chapter, "told", None):
            return {name: told[name] for name in ("stage", "version", "model")}
        return SourceSerializer(chapter.stage_run).data


class CitedSpanSerializer(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()


class SummarySentenceSerializer(FindingSerializer[SummarySentence]):
    """Also one of a language model's, which has the same fields."""

    citations = CitedSpanSerializer(
        many=True, help_text="What it rests on; itself, where it was said."
    )

    class Meta:
        model = SummarySentence
        fields = ["id", "start_ms", "end_ms", "text", "citations", "confidence", "source"]
        read_only_fields = fields
        extra_kwargs = {
            "confidence": {
                "help_text": "How well it stands for what is said around it, 0..1; null of a language model's."
            }
        }


class KeywordSerializer(FindingSerializer[Keyword]):
    class Meta:
        model = Keyword
        fields = ["id", "text", "score", "source"]
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("One chapter", examples.CHAPTERS)])
class ChaptersSerializer(serializers.Serializer[Any]):
    chapters = ChapterSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One sentence", examples.SUMMARY)])
class SummarySerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="All sentences; empty where there is no summary.")
    sentences = SummarySentenceSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One keyword", examples.KEYWORDS)])
class KeywordsSerializer(serializers.Serializer[Any]):
    keywords = KeywordSerializer(many=True)


class CueSpanSerializer(serializers.Serializer[Any]):
    """Characters `start` to before `end` of a cue's text."""

    cue_id = serializers.UUIDField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class EntityMentionSerializer(FindingSerializer[EntityMention]):
    """`cue_ids` in the context: those of the video, by place."""

    spans = serializers.SerializerMethodField(
        help_text="Where it stands in the transcript: nearly always in one cue."
    )

    class Meta:
        model = EntityMention
        fields = ["id", "start_ms", "end_ms", "text", "spans", "source"]
        read_only_fields = fields

    @extend_schema_field(CueSpanSerializer(many=True))
    def get_spans(self, mention: EntityMention) -> list[dict[str, Any]]:
        ids = self.context["cue_ids"]
        # A transcript that is just being replaced may have fewer cues than the one that was read.
        return [
            {"cue_id": str(ids[span["cue"]]), "start": span["start"], "end": span["end"]}
            for span in mention.spans
            if span["cue"] < len(ids)
        ]


class EntitySerializer(serializers.Serializer[Any]):
    """What one name stands for, as far as its letters tell."""

    text = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        help_text="person, group, facility, organisation, place, product, event, work, law or language"
    )
    count = serializers.SerializerMethodField()
    mentions = EntityMentionSerializer(many=True)

    def get_count(self, entity: Entity) -> int:
        return len(entity.mentions)


@extend_schema_serializer(examples=[OpenApiExample("One person", examples.ENTITIES)])
class EntitiesSerializer(serializers.Serializer[Any]):
    entities = EntitySerializer(many=True)
