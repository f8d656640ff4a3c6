"""Where a finding comes from."""

from typing import TypeVar

from django.db.models import Model
from rest_framework import serializers

from pipeline.models import StageRun

T = TypeVar("T", bound=Model)


class SourceSerializer(serializers.ModelSerializer[StageRun]):
    """What found it."""

    stage = serializers.CharField(source="name")
    model = serializers.SerializerMethodField()

    class Meta:
        model = StageRun
        fields = ["stage", "version", "model"]
        read_only_fields = fields

    def get_model(self, stage_run: StageRun) -> str | None:
        return stage_run.model or None


class FindingSerializer(serializers.ModelSerializer[T]):
    # No docstring: the API's document would say it of every finding.

    source = SourceSerializer(source="stage_run")  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
