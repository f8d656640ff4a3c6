"""How many of what was found are of each kind, language, label and video."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import connection

from videos.selectors.search.fusion import Candidate

_Value = TypeVar("_Value", str, UUID)

_MOST = 20
"""Values of one facet."""

_TITLES = "SELECT id, title FROM videos_video WHERE id = ANY(%s)"


@dataclass(frozen=True)
class Facet:
    value: str
    count: int


@dataclass(frozen=True)
class VideoFacet:
    video_id: UUID
    title: str
    count: int


@dataclass(frozen=True)
class Facets:
    """The commonest values of what a search ranked."""

    kinds: list[Facet]
    languages: list[Facet]
    labels: list[Facet]
    videos: list[VideoFacet]


def facets_of(candidates: Sequence[Candidate]) -> Facets:
    """Count the candidates."""
    videos = _commonest(one.video_id for one in candidates)
    with connection.cursor() as cursor:
        cursor.execute(_TITLES, [[video_id for video_id, _ in videos]])
        titles = dict(cursor.fetchall())
    return Facets(
        kinds=_facet(one.kind for one in candidates),
        languages=_facet(one.language for one in candidates),
        labels=_facet(one.label for one in candidates),
        videos=[
            VideoFacet(video_id, titles[video_id], count)
            for video_id, count in videos
            if video_id in titles
        ],
    )


def _facet(values: Iterable[str | None]) -> list[Facet]:
    return [Facet(*one) for one in _commonest(value for value in values if value)]


def _commonest(values: Iterable[_Value]) -> list[tuple[_Value, int]]:
    return sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))[:_MOST]
