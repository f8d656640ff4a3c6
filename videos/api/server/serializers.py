"""The stages as clients see them."""

from typing import Any

from rest_framework import serializers


class ModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    task = serializers.CharField()
    licence = serializers.CharField(help_text="SPDX identifier of the weights.")
    origin = serializers.CharField()


class StageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.IntegerField()
    needs = serializers.ListField(child=serializers.CharField(), help_text="Names of stages.")
    wants = serializers.ListField(child=serializers.CharField())
    queue = serializers.CharField()
    parameters = serializers.DictField()
    models = ModelSerializer(many=True)
    profiles = serializers.ListField(child=serializers.CharField())


class StagesSerializer(serializers.Serializer[Any]):
    stages = StageSerializer(many=True)
