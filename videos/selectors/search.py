"""Full-text search over passages: bounded work whatever the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.html import escape

from videos.models import Rendition, Workspace

# Of a common word only so many passages are ranked; which ones does not matter to anybody.
_CANDIDATES = 2000
# Private-use characters stand for the marks until the text around them is escaped.
_OPEN, _CLOSE = "\ue000", "\ue001"

# The configurations that a workspace uses, found by hopping from value to value along the index
# `passage_configs`: DISTINCT would read every row. A query that names no word to look for (stop
# words alone, or only what must not occur) would read the whole index: it is left out.
_CONFIGS = """
WITH RECURSIVE used(config) AS (
    SELECT min(config) FROM videos_passage WHERE workspace_id = %(workspace)s
    UNION ALL
    SELECT (SELECT min(config) FROM videos_passage
            WHERE workspace_id = %(workspace)s AND config > used.config)
    FROM used WHERE used.config IS NOT NULL
)
SELECT config FROM used
WHERE querytree(websearch_to_tsquery(config::regconfig, %(words)s)) NOT IN ('', 'T')
"""

# Each configuration stems in its own way, so each has its own query, and its share of the
# candidates. Rare words come from the index of words. For common ones the planner walks along
# `passage_configs` until it has enough; left free it would scan the table for them, where the
# passages of one language may lie far down.
_NO_TABLE_SCAN = "SET LOCAL enable_seqscan = off"

_CANDIDATES_OF = """
(SELECT id, video_id, kind, start_ms, end_ms, text, search, config,
    websearch_to_tsquery({config}::regconfig, %(words)s) AS query
FROM videos_passage
WHERE workspace_id = %(workspace)s AND config = {config}
    AND search @@ websearch_to_tsquery({config}::regconfig, %(words)s)
    AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
    AND (%(video)s::uuid IS NULL OR video_id = %(video)s)
    AND (%(language)s::text IS NULL OR language = %(language)s)
LIMIT %(share)s)
"""

_BEST = """
WITH best AS (
    SELECT *, ts_rank_cd(search, query, 32) AS score FROM ({candidates}) AS candidate
    ORDER BY score DESC, video_id, start_ms, id LIMIT %(limit)s
)
SELECT best.video_id, video.title, best.kind, best.start_ms, best.end_ms, best.text,
    ts_headline(best.config::regconfig, best.text, best.query, %(marks)s), best.score,
    (SELECT shot.index FROM videos_shot AS shot
     WHERE shot.video_id = best.video_id AND shot.start_ms <= best.start_ms
         AND shot.end_ms > best.start_ms LIMIT 1),
    EXISTS (SELECT FROM videos_rendition AS rendition
            WHERE rendition.video_id = best.video_id AND rendition.kind = %(poster)s)
FROM best JOIN videos_video AS video ON video.id = best.video_id
ORDER BY best.score DESC, best.video_id, best.start_ms, best.id
"""


@dataclass(frozen=True)
class Hit:
    """A moment where the words occur."""

    video_id: UUID
    title: str
    kind: str
    start_ms: int
    end_ms: int
    text: str
    highlight: str
    """The text as HTML, what matched in `<mark>`."""
    score: float
    """0..1; comparable within one search only."""
    shot_index: int | None
    """Of the shot on screen then."""
    has_poster: bool


def search(
    *,
    workspace: Workspace,
    words: str,
    kinds: Sequence[str] | None = None,
    video_id: UUID | None = None,
    language: str | None = None,
    limit: int = 20,
) -> list[Hit]:
    """Return the best moments for `words`, which may hold "phrases", `or` and `-not`."""
    parameters: dict[str, Any] = {
        "workspace": workspace.id,
        "words": words,
        "kinds": list(kinds) if kinds else None,
        "video": video_id,
        "language": language,
        "limit": limit,
        "poster": Rendition.Kind.POSTER,
        "marks": f"HighlightAll=true, StartSel={_OPEN}, StopSel={_CLOSE}",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CONFIGS, parameters)
        configs = [row[0] for row in cursor.fetchall()]
        if not configs:
            return []
        parameters |= {f"config_{n}": config for n, config in enumerate(configs)}
        parameters["share"] = _CANDIDATES // len(configs)
        each = (_CANDIDATES_OF.format(config=f"%(config_{n})s") for n in range(len(configs)))
        cursor.execute(_NO_TABLE_SCAN)
        cursor.execute(_BEST.format(candidates=" UNION ALL ".join(each)), parameters)
        rows = cursor.fetchall()
    return [Hit(*[*row[:6], _marked(row[6]), *row[7:]]) for row in rows]


def _marked(headline: str) -> str:
    return escape(headline).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")
