"""Serializers of answers."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

_Show = Callable[[serializers.Serializer[Any], Any], Any]


class OutputSerializer(serializers.Serializer[Any]):
    """Finds out how to show its fields once a class, and not for every answer.

    What is shown is what REST framework would show: objects, whose fields are read by name. To
    put fields together anew for each answer took a fifth of the processor time of accepting a video.
    """

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: show(self, instance) for name, show in _shown(type(self)).items()}


@cache
def _shown(kind: type[OutputSerializer]) -> dict[str, _Show]:
    """Return how each field of such a serializer is shown."""
    fields = kind().fields.items()
    return {name: _show(field) for name, field in fields if not field.write_only}


def _show(field: serializers.Field[Any, Any, Any, Any]) -> _Show:
    if isinstance(field, serializers.SerializerMethodField):
        name = str(field.method_name)
        return lambda serializer, instance: getattr(serializer, name)(instance)
    read, represent = attrgetter(".".join(field.source_attrs)), field.to_representation

    def show(serializer: serializers.Serializer[Any], instance: Any) -> Any:
        value = read(instance)
        return None if value is None else represent(value)

    return show
