"""The search over many passages: how soon it answers, and how much of what is nearest it finds."""

import os
import random
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from bench import passages
from bench.figures import Figure, p50_p95
from pipeline import embedding
from videos.models import Passage, Workspace
from videos.selectors.search import Scope, search
from videos.selectors.search.lexical import configs_of
from videos.selectors.search.scope import Parameters
from videos.selectors.search.semantic import by_meaning
from videos.selectors.search.words import Query

_QUERIES = 24
"""Each is compared with all passages, too, which takes seconds."""
_WARMING = 300
"""Other searches before any is measured."""
_LATENCY_MS, _RECALL = 50, 0.95

_EXACT = """
SELECT id FROM videos_passage
WHERE {scope} AND vector IS NOT NULL AND -(vector <#> {vector}::halfvec) >= 0.3
ORDER BY (vector <#> {vector}::halfvec) + 0, video_id, start_ms, id LIMIT 10
"""


class Took(NamedTuple):
    ms: float
    computed_ms: float
    """Of these, what PostgreSQL's process had a processor."""


def at_scale() -> list[Figure]:
    """Search `SEARCH_PASSAGES` passages, of which the database is filled where it is empty."""
    count = int(os.environ["SEARCH_PASSAGES"])
    if not Passage.objects.exists():
        passages.fill(count)
    chance = random.Random(6)  # noqa: S311  it is to repeat
    known = passages.sentences()
    sentences = chance.sample(known, 2 * _QUERIES)
    queries, others = (
        [_words_of(one, chance) for one in some]
        for some in (sentences[:_QUERIES], sentences[_QUERIES:])
    )
    scopes = _scopes()
    # The process that embeds starts, and the indexes come into memory, where a server that is at
    # work has them.
    _asked([_words_of(one, chance) for one in chance.sample(known, _WARMING)], scopes["no filter"])
    for scope in scopes.values():
        _asked(others, scope)
    took: list[Took] = []
    figures: list[Figure] = []
    for name, scope in scopes.items():
        ms = _asked(queries, scope)
        recall = _recall([_vector(query) for query in queries], scope)
        took += ms
        figures += [_latency(count, name, ms), _of_all(name, recall)]
    for name, (shaped, scope, facets) in _shapes(sentences, queries, scopes).items():
        ms = _asked(shaped, scope, facets=facets)
        took += ms
        figures.append(_latency(count, name, ms))
    embedding.end()
    return [*figures, _latency(count, "all of these", took), *_costs(count)]


def _latency(count: int, name: str, took: list[Took]) -> Figure:
    p50, p95 = p50_p95([one.ms for one in took])
    computed = p50_p95([one.computed_ms for one in took])[1]
    measured = f"{p95:.0f} ms, median {p50:.0f}; PostgreSQL computes {computed:.0f}"
    limit = f"limit {_LATENCY_MS} ms"
    return Figure(
        f"search {count:,} passages, {name}, p95", measured, limit, p95 / _LATENCY_MS, "≤ 1"
    )


def _of_all(name: str, recall: float) -> Figure:
    exact = "exact comparison of all 1.000"
    return Figure(f"its recall@10, {name}", f"{recall:.3f}", exact, recall, f"≥ {_RECALL}")


def _costs(count: int) -> list[Figure]:
    filled_s, built_s = passages.took()
    deleted_ms, stored_ms = passages.update_costs()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('videos_passage'), pg_relation_size('passage_near')"
        )
        table, index = cursor.fetchone()
    return [
        Figure(
            f"build the index of {count:,} vectors",
            f"{built_s:.0f} s",
            f"storing the passages {filled_s:.0f} s",
            built_s / filled_s,
        ),
        Figure(
            "store one more passage with its vector",
            f"{stored_ms:.1f} ms",
            "limit 20 ms",
            stored_ms / 20,
            "≤ 1",
        ),
        Figure(
            "delete one, as replacing a video's does first",
            f"{deleted_ms:.2f} ms",
            f"storing one {stored_ms:.1f} ms",
            deleted_ms / stored_ms,
        ),
        Figure(
            "size of that index",
            f"{index >> 20} MiB",
            f"table and all indexes {table >> 20} MiB",
            index / table,
        ),
    ]


def _scopes() -> dict[str, Scope]:
    ours, theirs = (Workspace.objects.get(slug=slug).id for slug in ("default", "small"))
    (video,) = Passage.objects.filter(workspace=ours, language="en")[:1]
    return {
        "no filter": Scope(ours),
        "speech alone": Scope(ours, kinds=["cue"]),
        "1 in 20, screen text": Scope(ours, kinds=["text"]),
        "1 in 10, German": Scope(ours, language="de"),
        "1 in 100, Danish": Scope(ours, language="da"),
        "one video": Scope(ours, video_id=video.video_id),
        "1 in 1000, another workspace": Scope(theirs),
    }


def _shapes(
    sentences: Sequence[str], queries: Sequence[str], scopes: dict[str, Scope]
) -> dict[str, tuple[Sequence[str], Scope, bool]]:
    """Return other ways to ask: what is asked for, where, and whether facets are wanted."""
    everywhere = scopes["no filter"]
    common = ["object", "class", "object class", "method or function", "value", "name"]
    labelled = replace(everywhere, label="person")
    return {
        "common words": (common, everywhere, False),
        "phrases": ([f'"{_words_in_order(one)}"' for one in sentences], everywhere, False),
        "words that begin so": (["con*", "obj* func*", "exp*", "str* meth*"], everywhere, False),
        "mistyped": ([_mistyped(one) for one in queries], everywhere, False),
        "a label": (["person", "a person walks", "man"], labelled, False),
        "with facets": (queries, everywhere, True),
    }


def _words_of(sentence: str, chance: random.Random) -> str:
    """Return what one might type who remembers the sentence: some of its words."""
    words = re.findall(r"[A-Za-z]{4,}", sentence)
    first = chance.randrange(max(1, len(words) - 3))
    return " ".join(words[first : first + 4])


def _vector(query: str) -> str:
    return embedding.embed(query, settings.MODELS_DIR).vector


def _words_in_order(sentence: str) -> str:
    return " ".join(re.findall(r"[A-Za-z]+", sentence)[:3])


def _mistyped(query: str) -> str:
    """Return the query with two letters of its longest word swapped."""
    word = max(query.split(), key=len)
    return query.replace(word, f"{word[:2]}{word[3]}{word[2]}{word[4:]}")


def _asked(queries: Sequence[str], scope: Scope, *, facets: bool = False) -> list[Took]:
    """Return how long each search takes. None is asked for twice: its vector is made anew."""
    embedding.embed.cache_clear()
    took = []
    for query in queries:
        began, computed = time.perf_counter(), _computed_ms()
        search(words=query, scope=scope, with_facets=facets)
        took.append(Took((time.perf_counter() - began) * 1000, _computed_ms() - computed))
    return took


def _computed_ms() -> float:
    """Return how long a processor has worked for our connection, which others do not lengthen."""
    connection.ensure_connection()
    statistics = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(statistics.read_text().split()[0]) / 1e6


def _recall(vectors: list[str], scope: Scope) -> float:
    """Return how many of the ten that are nearest the search has among its ten best."""
    found = there = 0
    for vector in vectors:
        with transaction.atomic():
            configs = configs_of(scope.workspace_id)
            near = {one.id for one in by_meaning(scope, Query(()), configs, vector, 50)[:10]}
        nearest = _nearest(vector, scope)
        found += len(near & nearest)
        there += len(nearest)
    return found / there if there else 1.0


def _nearest(vector: str, scope: Scope) -> set[int]:
    given = Parameters()
    sql = _EXACT.format(scope=scope.where(given), vector=given.add(vector))
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return {one for (one,) in cursor.fetchall()}
