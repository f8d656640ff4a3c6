"""Passages that have the words, by PostgreSQL's full-text search: bounded work whatever the words."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from videos.models.passage import SHARES
from videos.selectors.search.fusion import Candidate
from videos.selectors.search.scope import COLUMNS, Parameters, Scope
from videos.selectors.search.words import Query, tsquery

# Of a common word only so many passages are ranked; which ones does not matter to anybody.
RANKED = 500
# A phrase is looked for, and what must not occur, in so many of those that have the words.
_READ = 10_000

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

# Each configuration stems in its own way. A query that names no word to look for (stop words alone)
# would read the whole index: it finds nothing.
_LOOKED_FOR = """
SELECT array_agg(config), necessary, whole FROM (
    SELECT config, ({necessary})::text AS necessary, ({whole})::text AS whole
    FROM unnest({configs}::text[]) AS used(config)
    WHERE querytree({whole}) NOT IN ('', 'T')
) AS one GROUP BY necessary, whole ORDER BY necessary, whole
"""

# What PostgreSQL takes for dear it would compile first, for longer than it takes; and what is in
# memory or on a flash disk costs little more in places than in a row, of which its default knows
# nothing.
_PLANS = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1"

_SHARE = """
(SELECT {of_passage}, config, search FROM videos_passage
WHERE (id & {mask}) = {share} AND {scope} AND {narrowed} AND search @@ ({necessary}))
"""
# One share after the other is read until that is enough.
_BEST = """
SELECT {candidate} FROM (
    SELECT *, weight * (0.1 + ts_rank_cd(search, {query}, 32)) AS score
    FROM ({shares} LIMIT {read}) AS candidate WHERE {whole} LIMIT {ranked}
) AS matching
ORDER BY score DESC, video_id, start_ms, id LIMIT {most}
"""


class _LookedFor(NamedTuple):
    """A query as some configurations understand it, in PostgreSQL's words."""

    configs: list[str]
    necessary: str
    """What the index of words can tell."""
    whole: str


def configs_of(workspace_id: UUID) -> list[str]:
    """Return the text search configurations that the workspace's passages have."""
    with connection.cursor() as cursor:
        cursor.execute(_CONFIGS, {"workspace": workspace_id})
        return [config for (config,) in cursor.fetchall()]


def by_words(scope: Scope, query: Query, configs: Sequence[str], most: int) -> list[Candidate]:
    """Return the passages that have the words, the closest together and most trusted first."""
    looked_for = _looked_for(query, configs) if query.names_words else []
    if not looked_for:
        return []
    given = Parameters()
    # One condition for all configurations: conditions on each the planner may take for no index's.
    necessary = " || ".join(f"{given.add(one.necessary)}::tsquery" for one in looked_for)
    shares = " UNION ALL ".join(
        _SHARE.format(
            **COLUMNS,
            mask=SHARES - 1,
            share=n,
            scope=scope.where(given),
            narrowed=scope.narrowed(given),
            necessary=necessary,
        )
        for n in range(SHARES)
    )
    names = [(given.add(one.configs), given.add(one.whole)) for one in looked_for]
    cases = " ".join(f"WHEN config = ANY({c}) THEN {whole}::tsquery" for c, whole in names)
    sql = _BEST.format(
        **COLUMNS,
        shares=shares,
        query=f"CASE {cases} END",
        whole=f"search @@ CASE {cases} END",
        read=_READ,
        ranked=RANKED,
        most=most,
    )
    with connection.cursor() as cursor:
        cursor.execute(_PLANS)
        cursor.execute(sql, given)
        return [Candidate(*row) for row in cursor.fetchall()]


def _looked_for(query: Query, configs: Sequence[str]) -> list[_LookedFor]:
    """Return what to look for; of configurations that understand the query alike, once."""
    given = Parameters()
    sql = _LOOKED_FOR.format(
        necessary=tsquery(query.necessary, "config::regconfig", given),
        whole=tsquery(query, "config::regconfig", given),
        configs=given.add(list(configs)),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [_LookedFor(*row) for row in cursor.fetchall()]
