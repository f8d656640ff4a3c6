"""What is shown of the passages found."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.html import escape

from videos.models import Rendition
from videos.selectors.search.fusion import By, Ranked
from videos.selectors.search.scope import Parameters
from videos.selectors.search.words import Query, tsquery

# Private-use characters stand for the marks until the text around them is escaped.
_OPEN, _CLOSE = "\ue000", "\ue001"

# What was found by its meaning may have some of the words, too.
_SHOWN = """
SELECT passage.id, passage.video_id, video.title, passage.kind, passage.language,
    passage.start_ms, passage.end_ms, passage.text, passage.parts,
    ts_headline(passage.config::regconfig, passage.text,
        CASE WHEN chosen.lexical THEN {query} ELSE {alternatives} END, {marks})
FROM unnest({ids}::bigint[], {lexical}::boolean[]) AS chosen(id, lexical)
JOIN videos_passage AS passage ON passage.id = chosen.id
JOIN videos_video AS video ON video.id = passage.video_id
"""
_PICTURES = """
SELECT moment.place,
    (SELECT shot.index FROM videos_shot AS shot
     WHERE shot.video_id = moment.video_id AND shot.start_ms <= moment.start_ms
         AND shot.end_ms > moment.start_ms LIMIT 1),
    EXISTS (SELECT FROM videos_rendition AS rendition
            WHERE rendition.video_id = moment.video_id AND rendition.kind = {poster})
FROM unnest({videos}::uuid[], {starts}::bigint[]) WITH ORDINALITY
    AS moment(video_id, start_ms, place)
ORDER BY moment.place
"""


@dataclass(frozen=True)
class Hit:
    """A moment that was found."""

    video_id: UUID
    title: str
    kind: str
    language: str
    start_ms: int
    """Where the words are in the passage, as exactly as its cues tell."""
    end_ms: int
    text: str
    """The whole passage."""
    highlight: str
    """The text as HTML, what matched in `<mark>`."""
    score: float
    """0..1; comparable within one search only."""
    matched_by: tuple[By, ...]
    shot_index: int | None
    """Of the shot on screen then."""
    has_poster: bool


class _Row(NamedTuple):
    id: int
    video_id: UUID
    title: str
    kind: str
    language: str
    start_ms: int
    end_ms: int
    text: str
    parts: str
    """JSON: offset, start_ms and end_ms of each cue."""
    headline: str

    def moment(self) -> tuple[int, int]:
        """Return the span of the cue with most of the words; without any, the whole one."""
        parts = json.loads(self.parts)
        before, *marked = self.headline.split(_OPEN)
        if not parts or not marked:
            return self.start_ms, self.end_ms
        at, found = len(before), Counter[int]()
        for piece in marked:
            found[bisect_right(parts, at, key=lambda part: part[0]) - 1] += 1
            at += len(piece) - 1  # the closing mark
        best = min(found, key=lambda n: (-found[n], n))
        return parts[best][1], parts[best][2]


def shown(ranked: Sequence[Ranked], query: Query) -> list[Hit]:
    """Return the passages as they are shown, in their order; those deleted meanwhile are left out."""
    given = Parameters()
    sql = _SHOWN.format(
        query=tsquery(query, "passage.config::regconfig", given),
        alternatives=tsquery(query.alternatives, "passage.config::regconfig", given),
        marks=given.add(f"HighlightAll=true, StartSel={_OPEN}, StopSel={_CLOSE}"),
        ids=given.add([one.candidate.id for one in ranked]),
        lexical=given.add(["lexical" in one.matched_by for one in ranked]),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = {row[0]: _Row(*row) for row in cursor.fetchall()}
    there = [(one, rows[one.candidate.id]) for one in ranked if one.candidate.id in rows]
    moments = [row.moment() for _, row in there]
    pictures = _pictures([(row.video_id, m[0]) for (_, row), m in zip(there, moments, strict=True)])
    return [
        Hit(
            video_id=row.video_id,
            title=row.title,
            kind=row.kind,
            language=row.language,
            start_ms=moment[0],
            end_ms=moment[1],
            text=row.text,
            highlight=escape(row.headline).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"),
            score=round(one.score, 4),
            matched_by=tuple(one.matched_by),
            shot_index=shot_index,
            has_poster=has_poster,
        )
        for (one, row), moment, (shot_index, has_poster) in zip(
            there, moments, pictures, strict=True
        )
    ]


def _pictures(moments: Sequence[tuple[UUID, int]]) -> list[tuple[int | None, bool]]:
    """Return for each video and time the shot on screen then, and whether there is a poster."""
    given = Parameters()
    sql = _PICTURES.format(
        videos=given.add([video_id for video_id, _ in moments]),
        starts=given.add([start_ms for _, start_ms in moments]),
        poster=given.add(Rendition.Kind.POSTER),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [(shot_index, has_poster) for _, shot_index, has_poster in cursor.fetchall()]
