"""Serializers of answers."""

from copy import copy, deepcopy
from typing import Any

from rest_framework import serializers


class OutputSerializer(serializers.Serializer[Any]):
    """Puts its fields together once a class, and not for every answer.

    They are the same each time, and to make them anew took a sixth of the processor time of
    accepting a video.
    """

    _made: dict[str, serializers.Field[Any, Any, Any, Any]] | None = None

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return fields of this instance's own: each gets to know the serializer that it is of."""
        cls = type(self)
        if "_made" not in vars(cls):
            cls._made = super().get_fields()
        return {name: _own(field) for name, field in (cls._made or {}).items()}


def _own(field: serializers.Field[Any, Any, Any, Any]) -> serializers.Field[Any, Any, Any, Any]:
    nests = isinstance(field, serializers.BaseSerializer)  # its children know it, too
    return deepcopy(field) if nests else copy(field)
