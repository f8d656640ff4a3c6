"""How the list of videos can be narrowed."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django_filters import fields
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from videos.api import patterns
from videos.api.fields import unstorable
from videos.models import Video
from videos.querysets import VideoQuerySet

_LONGEST_WORDS = 200


class _DateTimeField(fields.IsoDateTimeField):
    """Takes what PostgreSQL can compare with; an empty text is no time, and not the same as none."""

    empty_values = [None]

    def to_python(self, value: str | None) -> datetime | None:
        at: datetime | None = super().to_python(value)
        try:
            # PostgreSQL knows no offset of 16 hours or more, ISO 8601 does.
            return at and at.astimezone(UTC)
        except OverflowError:  # before the year 1, or after 9999
            raise ValidationError(self.error_messages["invalid"]) from None


class _DateTimeFilter(filters.IsoDateTimeFilter):
    field_class = _DateTimeField


class VideoFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=Video.Status.choices)
    profile = filters.MultipleChoiceFilter(choices=Video.Profile.choices)
    created_after = _DateTimeFilter("created_at", "gte", help_text="Inclusive.")
    created_before = _DateTimeFilter("created_at", "lt", help_text="Exclusive.")
    q = filters.CharFilter(method="filter_q", max_length=_LONGEST_WORDS)

    @extend_schema_field(
        {
            "type": "string",
            "maxLength": _LONGEST_WORDS,
            "pattern": patterns.trimmed(unstorable, blank=True),
            "description": "Part of the title or the file's name.",
        }
    )
    def filter_q(self, videos: VideoQuerySet, name: str, words: str) -> VideoQuerySet:
        return videos.matching(words)
