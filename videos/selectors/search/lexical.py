"""Passages that have the words, by PostgreSQL's full-text search: bounded work whatever the words."""

from uuid import UUID

from django.db import connection

from videos.selectors.search.fusion import Candidate
from videos.selectors.search.scope import Parameters, Scope
from videos.selectors.search.words import Query, tsquery

# Of a common word only so many passages are ranked; which ones does not matter to anybody.
RANKED = 2000

# The configurations that a workspace uses, found by hopping from value to value along the index
# `passage_kinds`: DISTINCT would read every row.
_CONFIGS = """
WITH RECURSIVE used(config) AS (
    SELECT min(config) FROM videos_passage WHERE workspace_id = %(workspace)s
    UNION ALL
    SELECT (SELECT min(config) FROM videos_passage
            WHERE workspace_id = %(workspace)s AND config > used.config)
    FROM used WHERE used.config IS NOT NULL
)
SELECT config FROM used WHERE config IS NOT NULL
"""

# Each configuration stems in its own way, so each has its own query, and its share of the
# candidates. Rare words come from the index of words. For common ones the planner walks along
# `passage_kinds` until it has enough; left free it would scan the table for them, where the
# passages of one language may lie far down. A query that names no word to look for (stop words
# alone, or only what must not occur) would read the whole index: it finds nothing. What PostgreSQL
# takes for dear it would compile first, for longer than it takes; and what is in memory or on a flash
# disk costs little more in places than in a row, of which its default knows nothing.
_PLANS = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1"

_CANDIDATES_OF = """
(SELECT id, video_id, start_ms, weight,
    weight * (0.1 + ts_rank_cd(search, {query}, 32)) AS score
FROM videos_passage
WHERE {scope} AND config = {config} AND search @@ {query} AND querytree({query}) NOT IN ('', 'T')
LIMIT {share})
"""

_BEST = """
SELECT id, video_id, start_ms, weight FROM ({candidates}) AS candidate
ORDER BY score DESC, video_id, start_ms, id LIMIT {most}
"""


def configs_of(workspace_id: UUID) -> list[str]:
    """Return the text search configurations that the workspace's passages have."""
    with connection.cursor() as cursor:
        cursor.execute(_CONFIGS, {"workspace": workspace_id})
        return [config for (config,) in cursor.fetchall()]


def by_words(scope: Scope, query: Query, configs: list[str], most: int) -> list[Candidate]:
    """Return the passages that have the words, the closest together and most trusted first."""
    if not configs:
        return []
    given = Parameters()
    each = []
    for config in configs:
        name = given.add(config)
        each.append(
            _CANDIDATES_OF.format(
                query=tsquery(query, f"{name}::regconfig", given),
                scope=scope.where(given),
                config=name,
                share=RANKED // len(configs),
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(_PLANS)
        cursor.execute(_BEST.format(candidates=" UNION ALL ".join(each), most=most), given)
        return [Candidate(*row) for row in cursor.fetchall()]
