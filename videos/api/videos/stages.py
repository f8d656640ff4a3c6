"""The stages of a video's analysis as clients see them: where each is, and what would run again."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from pipeline.models import StageRun
from videos.api.output import OutputSerializer
from videos.api.videos.examples import PREVIEW


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ToRunSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    reason = serializers.CharField(help_text="For people.")
    predicted_s = serializers.FloatField(
        allow_null=True, help_text="From what it took before; null: this server has no history."
    )


class ToReuseSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(StageRun.Status.choices)


@extend_schema_serializer(
    component_name="ReprocessPreview", examples=[OpenApiExample("A dry run", PREVIEW)]
)
class PreviewSerializer(serializers.Serializer[Any]):
    """What reprocessing would do."""

    would_run = ToRunSerializer(many=True)
    would_reuse = ToReuseSerializer(many=True)


class PartsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    done = serializers.IntegerField(help_text="However they ended.")
    running = serializers.IntegerField()


class CoverageSerializer(serializers.Serializer[Any]):
    pictures = serializers.IntegerField(help_text="How many it looked at.")
    largest_gap_ms = serializers.IntegerField(
        help_text="The longest stretch without one; where nothing moves it looks seldom."
    )


class StageRunSerializer(OutputSerializer, serializers.ModelSerializer[StageRun]):
    """A stage with its parts; the context's `outlook` knows what it waits for."""

    progress = serializers.FloatField(source="overall_progress", min_value=0, max_value=1)
    parts = serializers.SerializerMethodField()
    queued_at = serializers.DateTimeField(source="ready_at", allow_null=True)
    started_at = serializers.DateTimeField(source="begun_at", allow_null=True)
    reason = ReasonSerializer(allow_null=True)
    coverage = CoverageSerializer(
        allow_null=True, help_text="How closely it looked at the pictures; null: it did not."
    )
    waiting_for = serializers.SerializerMethodField()
    duration_ms = serializers.SerializerMethodField()

    class Meta:
        model = StageRun
        fields = [
            "name",
            "status",
            "progress",
            "parts",
            "attempt",
            "max_attempts",
            "reason",
            "waiting_for",
            "reused",
            "queued_at",
            "started_at",
            "finished_at",
            "duration_ms",
            "coverage",
        ]
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_waiting_for(self, stage: StageRun) -> Any:
        """`upstream`, `parts`, `queue`, `backoff` or `no_worker`; null once it runs."""
        return self.context["outlook"].waiting_for(stage)

    @extend_schema_field(PartsSerializer(allow_null=True))
    def get_parts(self, stage: StageRun) -> dict[str, int] | None:
        """Of a stage that several workers share, as speech of long videos; else null."""
        if not stage.parts:
            return None
        statuses = [part.status for part in stage.parts]
        return {
            "total": len(statuses),
            "done": sum(status in StageRun.ENDED for status in statuses),
            "running": statuses.count(StageRun.Status.RUNNING),
        }

    def get_duration_ms(self, stage: StageRun) -> int | None:
        if not (stage.begun_at and stage.finished_at):
            return None
        return round((stage.finished_at - stage.begun_at).total_seconds() * 1000)
