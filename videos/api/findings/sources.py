"""Where a finding comes from."""

from rest_framework import serializers

from pipeline.models import StageRun


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
