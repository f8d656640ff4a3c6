"""Passages that mean alike, by their vectors: pgvector's HNSW, or all of them where they are few."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from videos.models.passage import GUIDES
from videos.selectors.search.fusion import Candidate
from videos.selectors.search.lexical import RANKED, by_words
from videos.selectors.search.scope import COLUMNS, Parameters, Scope
from videos.selectors.search.words import Query, tsquery

_LEAST_SIMILARITY = 0.3
"""Cosine below which nothing is said to mean alike."""
_FEW = 10_000
"""So many passages are compared one by one as fast as the index finds the nearest of many."""
# The vectors of a few fit into memory.
_PLANS = """
SET LOCAL hnsw.iterative_scan = relaxed_order;
SET LOCAL enable_seqscan = off;
SET LOCAL jit = off;
SET LOCAL random_page_cost = 1.1;
SET LOCAL work_mem = '16MB'
"""
# The index knows no filter: its scan goes on past what others own, or what was not asked for.
_NEAREST = """
SELECT {candidate}, -(vector <#> {vector}::halfvec) AS similarity FROM (
    SELECT {of_passage}, vector FROM videos_passage
    WHERE {scope} AND vector IS NOT NULL
    ORDER BY vector <#> {towards}::halfvec LIMIT {most}
) AS near
"""
# Where hundreds mean nearly the same, their neighbours in the index are each other, and no way may
# lead there: one search in 24 found none of what is nearest. Of one passage in 64 so few are alike
# that there is. From between what is asked and the nearest of these the way is short.
_GUIDE = """
SELECT sum(vector)::text FROM (
    SELECT {vector}::halfvec UNION ALL (
        SELECT vector FROM videos_passage WHERE (id & {mask}) = 0 AND vector IS NOT NULL
        ORDER BY vector <#> {vector}::halfvec LIMIT 2
    )
) AS between(vector)
"""
_GUIDED = 200
_SCAN = "SET LOCAL hnsw.ef_search = {ef}; SET LOCAL hnsw.max_scan_tuples = {read}"
_COUNT = "SELECT count(*) FROM (SELECT FROM videos_passage WHERE {scope} LIMIT {more}) AS few"
_COMPARED = """
WITH few AS MATERIALIZED (
    SELECT {of_passage}, vector FROM videos_passage
    WHERE {scope} AND vector IS NOT NULL LIMIT {few}
), near AS (
    SELECT {candidate}, -(vector <#> {vector}::halfvec) AS similarity FROM few
)
SELECT {candidate} FROM near WHERE similarity >= {least}
ORDER BY similarity * (1 + weight) DESC, video_id, start_ms, id LIMIT {most}
"""


def by_meaning(
    scope: Scope,
    query: Query,
    configs: Sequence[str],
    vector: str,
    most: int,
    having_words: Sequence[Candidate] | None = None,
) -> list[Candidate]:
    """Return the passages whose meaning is nearest to a vector, written `[1,2,…]`.

    They obey what the query binds all hits to; `having_words` obey all of it, if they are known.
    """
    given = Parameters()
    where = _where(scope, configs, given)
    binding = query.binding
    few = bool(scope.label)
    if binding and binding.names_words:
        if having_words is None or binding != query:
            having_words = by_words(scope, binding, configs, RANKED)
        where, few = f"id = ANY({given.add([one.id for one in having_words])})", True
    elif binding:
        where += f" AND ({_obeying(binding, configs, given)})"
    with connection.cursor() as cursor:
        cursor.execute(_PLANS)
        if few or _are_few(scope, configs):
            sql = _COMPARED.format(
                **COLUMNS,
                vector=given.add(vector),
                scope=where,
                most=most,
                few=_FEW,
                least=_LEAST_SIMILARITY,
            )
            cursor.execute(sql, given)
            return [Candidate(*row) for row in cursor.fetchall()]
        return _nearest(cursor, where, given, vector, most)


def _nearest(cursor: Any, where: str, given: Parameters, vector: str, most: int) -> list[Candidate]:
    """Return the nearest by the index: those on the way from the vector, and from its guide."""
    asked = given.add(vector)

    def scan(towards: str, most: int, ef: int, read: int) -> dict[Candidate, float]:
        cursor.execute(_SCAN.format(ef=ef, read=read))
        sql = _NEAREST.format(**COLUMNS, vector=asked, scope=where, towards=towards, most=most)
        cursor.execute(sql, given)
        return {Candidate(*row): similarity for *row, similarity in cursor.fetchall()}

    cursor.execute(_SCAN.format(ef=200, read=1000))
    cursor.execute(_GUIDE.format(vector=asked, mask=GUIDES - 1), given)
    (guide,) = cursor.fetchone()
    near = scan(asked, most, ef=140, read=5000) | scan(given.add(guide), _GUIDED, ef=80, read=1000)

    def order(one: Candidate) -> tuple[float, UUID, int, int]:
        return -near[one] * (1 + one.weight), one.video_id, one.start_ms, one.id

    return sorted((one for one in near if near[one] >= _LEAST_SIMILARITY), key=order)[:most]


def _obeying(binding: Query, configs: Sequence[str], given: Parameters) -> str:
    each = (
        f"config = {name} AND search @@ {tsquery(binding, f'{name}::regconfig', given)}"
        for name in map(given.add, configs)
    )
    return " OR ".join(each) or "false"


def _where(scope: Scope, configs: Sequence[str], given: Parameters) -> str:
    """Return the condition; all configurations there are lead from the workspace to its kinds."""
    where = scope.where(given)
    return f"{where} AND config = ANY({given.add(list(configs))})" if scope.kinds else where


def _are_few(scope: Scope, configs: Sequence[str]) -> bool:
    given = Parameters()
    sql = _COUNT.format(scope=_where(scope, configs, given), more=_FEW + 1)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        (count,) = cursor.fetchone()
    return bool(count <= _FEW)


# A join would compare every passage with every other where a text is said again and again.
_TEXTS_OF_SPAN = """
SELECT DISTINCT text FROM videos_passage
WHERE video_id = %s AND start_ms < %s AND end_ms > %s LIMIT %s
"""
_MEAN = """
SELECT avg(vector)::text FROM videos_passage
WHERE video_id = %s AND text = ANY(%s) AND vector IS NOT NULL
"""
_MOST_TEXTS = 2000
"""More do not change what a span is about."""


def meaning_of(video_id: UUID, start_ms: int, end_ms: int) -> str | None:
    """Return the mean vector of what is said and shown in a span; None where that is nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS_OF_SPAN, [video_id, end_ms, start_ms, _MOST_TEXTS])
        texts = [text for (text,) in cursor.fetchall()]
        cursor.execute(_MEAN, [video_id, texts])
        (vector,) = cursor.fetchone()
    return str(vector) if vector else None
