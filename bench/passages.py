"""Passages by the million, whose vectors are clustered as real ones'.

The vectors are mixtures of real sentences' with their neighbours': random ones have no clusters,
and no index finds the nearest of them. The texts are those sentences, two in each passage.
"""

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

from pipeline.engines import catalogue, minilm
from videos.models import Video, Workspace

_SENTENCES = 1500
_OF_A_VIDEO = 250
_BATCH = 10_000

_ROW = np.dtype(
    [
        *(("fields", ">i2"), ("l1", ">i4"), ("number", ">i4"), ("l2", ">i4"), ("one", ">i4")),
        *(("l3", ">i4"), ("other", ">i4"), ("l4", ">i4"), ("dim", ">i2"), ("unused", ">i2")),
        ("vector", ">f2", (minilm.DIMENSIONS,)),
    ]
)
_TABLES = """
CREATE UNLOGGED TABLE bench_sentence AS SELECT number, text, to_tsvector('english', text) AS en,
    to_tsvector('german', text) AS de, to_tsvector('danish', text) AS da
FROM unnest(%s::text[]) WITH ORDINALITY AS given(text, number);
CREATE UNLOGGED TABLE bench_made (number int, one int, other int, vector halfvec(384));
CREATE UNLOGGED TABLE bench_video (number int PRIMARY KEY, id uuid, workspace_id uuid);
CREATE UNLOGGED TABLE bench_took (filled_s float, built_s float);
ANALYZE bench_sentence
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'videos_passage' AND indexname <> 'videos_passage_pkey' ORDER BY indexname
"""
# One passage in twenty is text on screen, one in fifty an object's label, which as most of them has
# no vector. One video in a thousand is another workspace's; one in ten is German, one in a hundred
# Danish.
_FILL = """
INSERT INTO videos_passage (workspace_id, video_id, kind, start_ms, end_ms, text, parts, weight,
    language, config, search, vector)
SELECT video.workspace_id, video.id, spoken.kind,
    made.number %% %(each)s * 10000, made.number %% %(each)s * 10000 + 9000,
    CASE spoken.kind WHEN 'object' THEN spoken.label ELSE one.text || ' ' || other.text END, '[]', 1,
    spoken.language,
    CASE spoken.language WHEN 'da' THEN 'danish' WHEN 'de' THEN 'german' ELSE 'english' END,
    CASE WHEN spoken.kind = 'object' THEN to_tsvector('english', spoken.label)
        WHEN spoken.language = 'da' THEN one.da || other.da
        WHEN spoken.language = 'de' THEN one.de || other.de ELSE one.en || other.en END,
    CASE WHEN spoken.kind <> 'object' THEN made.vector END
FROM bench_made AS made
JOIN bench_sentence AS one ON one.number = made.one
JOIN bench_sentence AS other ON other.number = made.other
JOIN bench_video AS video ON video.number = made.number / %(each)s
CROSS JOIN LATERAL (SELECT
    CASE WHEN made.number %% 50 = 1 THEN 'object' WHEN made.number %% 20 = 0 THEN 'text'
        ELSE 'cue' END AS kind,
    (ARRAY['person', 'car', 'dog', 'boat', 'traffic light'])[1 + made.number / 50 %% 5] AS label,
    CASE WHEN made.number %% 50 = 1 THEN 'en' WHEN video.number %% 100 = 7 THEN 'da'
        WHEN video.number %% 10 = 3 THEN 'de' ELSE 'en' END AS language) AS spoken
"""
# The triggers would count these, in as long as all the rest takes; and as many as people use.
_WORDS = """
INSERT INTO videos_word (workspace_id, word, forms, passages)
SELECT workspace.id, word, videos_word_forms(word), %(count)s / 500
FROM videos_workspace AS workspace, (
    SELECT DISTINCT word FROM bench_sentence, videos_words_of(text) AS word
    UNION SELECT left(translate(md5(n::text), '0123456789', 'ghijklmnop'), 5 + n %% 8)
    FROM generate_series(1, %(count)s / 10) AS n
) AS known(word)
"""


def sentences() -> list[str]:
    """Return sentences that people wrote: of Python's own manual, which comes with it."""
    pages = pydoc_data.topics.topics.values()
    found = (
        " ".join(sentence.replace("*", "").replace('"', "").split())
        for page in pages
        for sentence in re.split(r"(?<=[.:?])\s+(?=[A-Z])", page)
    )
    whole = [one for one in dict.fromkeys(found) if 60 <= len(one) <= 140]
    return random.Random(1).sample(whole, min(_SENTENCES, len(whole)))  # noqa: S311  the same ones each time


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
        rows["number"], rows["one"], rows["other"] = (
            range(first, first + size),
            1 + ones,
            1 + others[:, 0],
        )
        rows["vector"] = mixed
        yield rows


def fill(count: int) -> None:
    """Store `count` passages, and build the indexes after; `took` tells how long that was."""
    texts = sentences()
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [texts])
        _make_videos(count // _OF_A_VIDEO + 1)
        cursor.execute(_INDEXES)
        indexes = dict(cursor.fetchall())
        cursor.execute(f"DROP INDEX {', '.join(indexes)}")
        cursor.execute("ALTER TABLE videos_passage DISABLE TRIGGER USER")
        for rows in _made(count, _embedded(texts)):
            _store(cursor, rows)
        cursor.execute("ALTER TABLE videos_passage ENABLE TRIGGER USER")
        cursor.execute(_WORDS, {"count": count})
        cursor.execute("SET maintenance_work_mem = '3GB'")  # what a million vectors want
        last = indexes.pop("passage_near")
        for definition in indexes.values():
            cursor.execute(definition)
        filled = time.perf_counter()
        cursor.execute(last)
        built = time.perf_counter()
        cursor.execute("VACUUM ANALYZE videos_passage, videos_word, videos_video")
        cursor.execute("INSERT INTO bench_took VALUES (%s, %s)", [filled - began, built - filled])


def _store(cursor: Any, rows: npt.NDArray[Any]) -> None:
    with cursor.copy("COPY bench_made FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows.tobytes() + b"\xff\xff")
    cursor.execute(_FILL, {"each": _OF_A_VIDEO})
    cursor.execute("TRUNCATE bench_made")


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


def update_costs() -> tuple[float, float]:
    """Return how long a passage takes to be deleted, and to be stored, where the indexes are, ms."""
    (rows,) = _made(_OF_A_VIDEO, _embedded(sentences()))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bench_video WHERE number = 0")
        video = cursor.fetchone()
        began = time.perf_counter()
        cursor.execute("DELETE FROM videos_passage WHERE video_id = %s", video)
        deleted = time.perf_counter()
        _store(cursor, rows)
        stored = time.perf_counter()
        transaction.set_rollback(True)
    return (deleted - began) * 1000 / _OF_A_VIDEO, (stored - deleted) * 1000 / _OF_A_VIDEO


def took() -> tuple[float, float]:
    """Return how long it took to store the passages, and to build the index of their vectors, s."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT filled_s, built_s FROM bench_took")
        filled_s, built_s = cursor.fetchone()
    return filled_s, built_s
