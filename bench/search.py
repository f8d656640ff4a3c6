"""The search over many passages: how soon it answers, and how much of what is nearest it finds.

The vectors are mixtures of real sentences' with their neighbours': random ones have no clusters,
and no index finds the nearest of them. The texts are those sentences, two in each passage.
"""

import os
import pydoc_data.topics
import random
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection, transaction

from bench.figures import Figure, p50_p95
from pipeline import embedding
from pipeline.engines import catalogue, minilm
from videos.models import Passage, Video, Workspace
from videos.selectors.search import Scope, search
from videos.selectors.search.lexical import configs_of
from videos.selectors.search.semantic import by_meaning
from videos.selectors.search.words import Query

_SENTENCES = 1500
_OF_A_VIDEO = 250
_BATCH = 10_000
_QUERIES = 24
_LATENCY_MS, _RECALL = 50, 0.95

_ROW = np.dtype(
    [
        *(("fields", ">i2"), ("l1", ">i4"), ("number", ">i4"), ("l2", ">i4"), ("one", ">i4")),
        *(("l3", ">i4"), ("other", ">i4"), ("l4", ">i4"), ("dim", ">i2"), ("unused", ">i2")),
        ("vector", ">f2", (minilm.DIMENSIONS,)),
    ]
)
_TABLES = """
CREATE UNLOGGED TABLE bench_sentence (number int PRIMARY KEY, text text);
CREATE UNLOGGED TABLE bench_made (number int, one int, other int, vector halfvec(384));
CREATE UNLOGGED TABLE bench_video (number int PRIMARY KEY, id uuid, workspace_id uuid);
DROP INDEX IF EXISTS passage_meaning
"""
# One video in a thousand is another workspace's; one in ten is German, one in a hundred Danish.
_FILL = """
INSERT INTO videos_passage (workspace_id, video_id, kind, start_ms, end_ms, text, parts, weight,
    language, config, search, vector)
SELECT video.workspace_id, video.id, CASE WHEN made.number %% 20 = 0 THEN 'text' ELSE 'cue' END,
    made.number %% %(each)s * 10000, made.number %% %(each)s * 10000 + 9000, said.text, '[]', 1,
    spoken.language, spoken.config, to_tsvector(spoken.config::regconfig, said.text), made.vector
FROM bench_made AS made
JOIN bench_sentence AS one ON one.number = made.one
JOIN bench_sentence AS other ON other.number = made.other
JOIN bench_video AS video ON video.number = made.number / %(each)s
CROSS JOIN LATERAL (SELECT one.text || ' ' || other.text AS text) AS said
CROSS JOIN LATERAL (SELECT
    CASE WHEN video.number %% 100 = 7 THEN 'da' WHEN video.number %% 10 = 3 THEN 'de' ELSE 'en' END,
    CASE WHEN video.number %% 100 = 7 THEN 'danish' WHEN video.number %% 10 = 3 THEN 'german'
        ELSE 'english' END) AS spoken(language, config)
"""
_INDEX = """
CREATE INDEX passage_meaning ON videos_passage USING hnsw (vector halfvec_ip_ops)
"""
_EXACT = """
SELECT id FROM videos_passage
WHERE {scope} AND vector IS NOT NULL AND -(vector <#> {vector}::halfvec) >= 0.3
ORDER BY (vector <#> {vector}::halfvec) + 0, video_id, start_ms, id LIMIT 10
"""


def at_scale() -> list[Figure]:
    """Fill a database with `SEARCH_PASSAGES` passages, and search it with and without filters."""
    count = int(os.environ["SEARCH_PASSAGES"])
    chance = random.Random(6)  # noqa: S311  it is to repeat
    sentences = _sentences()
    real = _embedded(sentences)
    filled_s, built_s = _fill(count, sentences, real)
    inserted_ms = _insert_cost(real)
    queries = [_words_of(sentence, chance) for sentence in chance.sample(sentences, _QUERIES)]
    scopes = _scopes()
    _ask(queries[0], scopes["no filter"])  # the process that embeds starts
    took: list[float] = []
    figures = []
    for name, scope in scopes.items():
        ms = [_ask(query, scope) for query in queries]
        recall = _recall([_vector(query) for query in queries], scope)
        took += ms
        figures.append(_figure(f"search {count:,} passages, {name}, p95", p50_p95(ms)[1]))
        figures.append(
            Figure(
                f"its recall@10, {name}",
                f"{recall:.3f}",
                "exact comparison of all 1.000",
                recall,
                f"≥ {_RECALL}",
            )
        )
    figures.append(_figure(f"search {count:,} passages, all of these, p95", p50_p95(took)[1]))
    embedding.end()
    return [*figures, *_costs(count, filled_s, built_s, inserted_ms)]


def _figure(what: str, ms: float) -> Figure:
    ratio = ms / _LATENCY_MS
    return Figure(what, f"{ms:.0f} ms", f"limit {_LATENCY_MS} ms", ratio, "≤ 1")


def _costs(count: int, filled_s: float, built_s: float, inserted_ms: float) -> list[Figure]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('videos_passage'), pg_relation_size('passage_meaning')"
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
            f"{inserted_ms:.1f} ms",
            "limit 20 ms",
            inserted_ms / 20,
            "≤ 1",
        ),
        Figure(
            "size of that index",
            f"{index >> 20} MiB",
            f"table and all indexes {table >> 20} MiB",
            index / table,
        ),
    ]


def _sentences() -> list[str]:
    """Return sentences that people wrote: of Python's own manual, which comes with it."""
    pages = pydoc_data.topics.topics.values()
    found = (
        " ".join(sentence.replace("*", "").replace('"', "").split())
        for page in pages
        for sentence in re.split(r"(?<=[.:?])\s+(?=[A-Z])", page)
    )
    whole = [one for one in dict.fromkeys(found) if 60 <= len(one) <= 140]
    return random.Random(1).sample(whole, min(_SENTENCES, len(whole)))  # noqa: S311  likewise


def _embedded(texts: list[str]) -> npt.NDArray[np.float32]:
    engine = minilm.load(catalogue.locate(minilm.MODEL, settings.MODELS_DIR), 2)
    return engine.embed(texts)


def _made(count: int, real: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[Any]]:
    """Yield rows of mixed vectors, a batch each, as PostgreSQL's COPY reads them."""
    chance = np.random.default_rng(2)
    near = np.argsort(-(real @ real.T), axis=1)[:, :16]
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        ones = chance.integers(0, len(real), size)
        others = near[ones[:, None], chance.integers(0, 16, (size, 2))]
        shares = chance.dirichlet((2, 1, 1), size).astype(np.float32)
        mixed = shares[:, :1] * real[ones]
        mixed += np.einsum("nk,nkd->nd", shares[:, 1:], real[others])
        strange = real[chance.integers(0, len(real), size)]
        mixed += 0.15 * strange + 0.01 * chance.standard_normal(mixed.shape, np.float32)
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        rows = np.zeros(size, _ROW)
        rows["fields"], rows["dim"] = 4, minilm.DIMENSIONS
        rows["l1"] = rows["l2"] = rows["l3"] = 4
        rows["l4"] = 4 + 2 * minilm.DIMENSIONS
        rows["number"], rows["one"], rows["other"] = range(first, first + size), ones, others[:, 0]
        rows["vector"] = mixed
        yield rows


def _fill(count: int, sentences: list[str], real: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return how long it took to store the passages, and to build the index of their vectors, s."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.executemany("INSERT INTO bench_sentence VALUES (%s, %s)", list(enumerate(sentences)))
        _make_videos(count // _OF_A_VIDEO + 1)
        for rows in _made(count, real):
            with cursor.copy("COPY bench_made FROM STDIN (FORMAT binary)") as copy:
                copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows.tobytes() + b"\xff\xff")
            cursor.execute(_FILL, {"each": _OF_A_VIDEO})
            cursor.execute("TRUNCATE bench_made")
        filled = time.perf_counter()
        cursor.execute("SET maintenance_work_mem = '2GB'")
        cursor.execute(_INDEX)
        built = time.perf_counter()
        cursor.execute("VACUUM ANALYZE videos_passage")
        cursor.execute("VACUUM ANALYZE videos_word")
    return filled - began, built - filled


def _make_videos(count: int) -> None:
    ours = Workspace.objects.get(slug="default")
    theirs = Workspace.objects.create(name="Small", slug="small")
    videos = Video.objects.bulk_create(
        Video(
            workspace=theirs if number % 1000 == 50 else ours,
            title=f"video {number}",
            filename="video.mp4",
            size_bytes=1,
            checksum_sha256=f"{number:064x}",
        )
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bench_video VALUES (%s, %s, %s)",
            [(n, video.id, video.workspace_id) for n, video in enumerate(videos)],
        )


def _insert_cost(real: npt.NDArray[np.float32]) -> float:
    """Return how long a passage takes to be stored where the index is there, ms."""
    began = time.perf_counter()
    (rows,) = _made(200, real)
    with connection.cursor() as cursor:
        with cursor.copy("COPY bench_made FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows.tobytes() + b"\xff\xff")
        cursor.execute(_FILL, {"each": _OF_A_VIDEO})
    return (time.perf_counter() - began) * 1000 / 200


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


def _words_of(sentence: str, chance: random.Random) -> str:
    """Return what one might type who remembers the sentence: some of its words."""
    words = re.findall(r"[A-Za-z]{4,}", sentence)
    first = chance.randrange(max(1, len(words) - 3))
    return " ".join(words[first : first + 4])


def _vector(query: str) -> str:
    return embedding.embed(query, settings.MODELS_DIR).vector


def _ask(query: str, scope: Scope) -> float:
    """Return how long a search takes, ms. None is asked for twice: its vector is made each time."""
    embedding.embed.cache_clear()
    began = time.perf_counter()
    search(words=query, scope=scope)
    return (time.perf_counter() - began) * 1000


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
    from videos.selectors.search.scope import Parameters

    given = Parameters()
    sql = _EXACT.format(scope=scope.where(given), vector=given.add(vector))
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return {one for (one,) in cursor.fetchall()}
