"""How many of what was found are of each kind, language, label and video."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from videos.selectors.search.scope import LABELLED

_MOST = 20
"""Values of one facet."""

_COUNTS = """
SELECT GROUPING(kind, language, label, video_id), kind, language, label, video_id, count(*)
FROM (
    SELECT kind, language, video_id,
        CASE WHEN kind = ANY(%(labelled)s) THEN text END AS label
    FROM videos_passage WHERE id = ANY(%(ids)s)
) AS found
GROUP BY GROUPING SETS ((kind), (language), (label), (video_id))
ORDER BY count(*) DESC, kind, language, label, video_id
"""
_TITLES = "SELECT id, title FROM videos_video WHERE id = ANY(%s)"
_SETS = {0b0111: "kinds", 0b1011: "languages", 0b1101: "labels", 0b1110: "videos"}


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
    """The commonest values; those of what a search ranked, at most."""

    kinds: list[Facet]
    languages: list[Facet]
    labels: list[Facet]
    videos: list[VideoFacet]


def facets_of(ids: Sequence[int]) -> Facets:
    """Count the passages `ids`."""
    values: dict[str, list[tuple[Any, int]]] = {name: [] for name in _SETS.values()}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"ids": list(ids), "labelled": list(LABELLED)})
        for which, *columns, count in cursor.fetchall():
            value = next((column for column in columns if column), None)
            counted = values[_SETS[which]]
            if value and len(counted) < _MOST:  # no language, no label
                counted.append((value, count))
        cursor.execute(_TITLES, [[video_id for video_id, _ in values["videos"]]])
        titles = dict(cursor.fetchall())
    return Facets(
        kinds=[Facet(*one) for one in values["kinds"]],
        languages=[Facet(*one) for one in values["languages"]],
        labels=[Facet(*one) for one in values["labels"]],
        videos=[
            VideoFacet(video_id, titles[video_id], count)
            for video_id, count in values["videos"]
            if video_id in titles
        ],
    )
