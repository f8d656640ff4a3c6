"""What is shown of the passages found."""

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

# The moment is the cue with most of the words. What was found by its meaning has its place where
# the meaning is: in all of the passage, whichever cue happens to have one word of several. So there
# a cue counts, and words are marked, only where it has more than half of them.
_SHOWN = """
SELECT passage.id, passage.video_id, video.title, passage.kind, passage.language,
    coalesce(cue.start_ms, passage.start_ms), coalesce(cue.end_ms, passage.end_ms), passage.text,
    CASE WHEN NOT chosen.lexical AND cue.start_ms IS NULL THEN passage.text
    ELSE ts_headline(passage.config::regconfig, passage.text,
        CASE WHEN chosen.lexical THEN {query} ELSE {alternatives} END, {marks}) END
FROM unnest({ids}::bigint[], {lexical}::boolean[]) AS chosen(id, lexical)
JOIN videos_passage AS passage ON passage.id = chosen.id
JOIN videos_video AS video ON video.id = passage.video_id
CROSS JOIN LATERAL (
    SELECT array_agg(word) AS words FROM unnest(ARRAY[{words}]::tsquery[]) AS word
    WHERE numnode(word) > 0
) AS asked
LEFT JOIN LATERAL (
    SELECT (part->>1)::bigint AS start_ms, (part->>2)::bigint AS end_ms
    FROM (
        SELECT part, to_tsvector(passage.config::regconfig, substr(
            passage.text, at + 1, lead(at, 1, length(passage.text)) OVER (ORDER BY at) - at
        )) AS said
        FROM jsonb_array_elements(CASE passage.parts
            WHEN '[]' THEN jsonb_build_array(ARRAY[0, passage.start_ms, passage.end_ms])
            ELSE passage.parts END) AS part,
            LATERAL (SELECT (part->>0)::integer AS at) AS beginning
    ) AS part JOIN unnest(asked.words) AS word ON said @@ word
    GROUP BY part
    HAVING chosen.lexical OR 2 * count(*) > cardinality(asked.words)
    ORDER BY count(*) DESC, start_ms LIMIT 1
) AS cue ON true
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
    """Of the cue that has the words; of what was found by its meaning alone the whole passage, if
    no cue has most of them."""
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
    headline: str


def shown(ranked: Sequence[Ranked], query: Query) -> list[Hit]:
    """Return the passages as they are shown, in their order; those deleted meanwhile are left out."""
    given = Parameters()
    alternatives = query.alternatives
    each = (Query((group,)) for group in alternatives.groups)
    sql = _SHOWN.format(
        query=tsquery(query, "passage.config::regconfig", given),
        alternatives=tsquery(alternatives, "passage.config::regconfig", given),
        words=", ".join(tsquery(word, "passage.config::regconfig", given) for word in each),
        marks=given.add(f"HighlightAll=true, StartSel={_OPEN}, StopSel={_CLOSE}"),
        ids=given.add([one.candidate.id for one in ranked]),
        lexical=given.add(["lexical" in one.matched_by for one in ranked]),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = {row[0]: _Row(*row) for row in cursor.fetchall()}
    there = [(one, rows[one.candidate.id]) for one in ranked if one.candidate.id in rows]
    pictures = _pictures([(row.video_id, row.start_ms) for _, row in there])
    return [
        Hit(
            video_id=row.video_id,
            title=row.title,
            kind=row.kind,
            language=row.language,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            text=row.text,
            highlight=escape(row.headline).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"),
            score=round(one.score, 4),
            matched_by=tuple(one.matched_by),
            shot_index=shot_index,
            has_poster=has_poster,
        )
        for (one, row), (shot_index, has_poster) in zip(there, pictures, strict=True)
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
