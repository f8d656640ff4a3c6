"""How the list of videos can be narrowed."""

from django_filters import rest_framework as filters

from videos.models import Video
from videos.querysets import VideoQuerySet


class VideoFilter(filters.FilterSet):  # type: ignore[misc]  # it has no types
    status = filters.MultipleChoiceFilter(choices=Video.Status.choices)
    profile = filters.MultipleChoiceFilter(choices=Video.Profile.choices)
    created_after = filters.IsoDateTimeFilter("created_at", "gte", help_text="Inclusive.")
    created_before = filters.IsoDateTimeFilter("created_at", "lt", help_text="Exclusive.")
    q = filters.CharFilter(
        method="filter_q", max_length=200, help_text="Part of the title or the file's name."
    )

    def filter_q(self, videos: VideoQuerySet, name: str, words: str) -> VideoQuerySet:
        return videos.matching(words)
