"""Duplicates as clients see them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from videos.api.findings.sources import SourceSerializer

EXAMPLE: dict[str, Any] = {
    "duplicates": [
        {
            "id": "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a15",
            "video": {"id": "1c7a3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a16", "title": "Evening news"},
            "start_ms": 40_000,
            "end_ms": 130_000,
            "other_start_ms": 300_000,
            "other_end_ms": 390_000,
            "confidence": 0.93,
            "mirrored": False,
            "identical": False,
            "source": {"stage": "sign_shots", "version": 1, "model": None},
        }
    ]
}


class OtherVideoSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()


class DuplicateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="Null where the files are the same.")
    video = OtherVideoSerializer()
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    other_start_ms = serializers.IntegerField()
    other_end_ms = serializers.IntegerField()
    confidence = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="How much more alike the pictures are as they lie than shifted in time.",
    )
    mirrored = serializers.BooleanField(help_text="Whether one shows the other's mirror image.")
    identical = serializers.BooleanField(help_text="Whether both are the same file.")
    source = SourceSerializer(allow_null=True, help_text="Null where the files are the same.")  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere


@extend_schema_serializer(examples=[OpenApiExample("One excerpt", EXAMPLE)])
class DuplicatesSerializer(serializers.Serializer[Any]):
    duplicates = DuplicateSerializer(many=True)
