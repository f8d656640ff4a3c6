"""The search index's rows."""

from collections.abc import Iterable

from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.db.models import Value

from pipeline.media.passages import Moment
from pipeline.models import StageRun
from pipeline.results import Vectors
from videos.languages import search_config
from videos.models import Passage

# Numbers of 16 bits come as they are in memory, and go as text.
_BATCH = 500
_STORE = """
UPDATE videos_passage AS passage SET vector = given.vector::halfvec
FROM (
    SELECT DISTINCT ON (kind, text) id, text FROM videos_passage
    WHERE video_id = %(video)s AND text = ANY(%(texts)s)
    ORDER BY kind, text, start_ms, id
) AS first
JOIN unnest(%(texts)s::text[], %(vectors)s::text[]) AS given(text, vector) USING (text)
WHERE passage.id = first.id
"""


def write_passages(
    stage_run: StageRun, kind: Passage.Kind, moments: Iterable[Moment], *, language: str
) -> None:
    """Replace the video's passages of one kind.

    They are indexed under their language's own text search configuration where PostgreSQL has one.
    What does not say in which language it is, is in `language`.
    """
    video = stage_run.run.video
    Passage.objects.filter(video=video, kind=kind).delete()
    Passage.objects.bulk_create(
        (
            Passage(
                workspace_id=video.workspace_id,
                video=video,
                kind=kind,
                start_ms=moment.start_ms,
                end_ms=moment.end_ms,
                text=moment.text,
                parts=list(moment.parts),
                weight=moment.weight,
                language=spoken,
                config=search_config(spoken),
                search=SearchVector(Value(moment.text), config=Value(search_config(spoken))),
            )
            for moment in moments
            for spoken in [moment.language or language]
        ),
        batch_size=1000,
    )


def write_vectors(stage_run: StageRun, result: Vectors) -> None:
    """Give the video's passages their vectors: of equal texts of one kind, to the first."""
    import numpy as np  # nothing that a web server needs

    video_id = stage_run.run.video_id
    erase_vectors(stage_run)
    with connection.cursor() as cursor:
        for first in range(0, len(result.vectors), _BATCH):
            batch = result.vectors[first : first + _BATCH]
            rows = (np.frombuffer(one.vector, "<f2").tolist() for one in batch)
            cursor.execute(
                _STORE,
                {
                    "video": video_id,
                    "texts": [one.text for one in batch],
                    "vectors": [str(row) for row in rows],
                },
            )


def erase_vectors(stage_run: StageRun) -> None:
    """Leave the video's passages to be found by their words alone."""
    Passage.objects.filter(video=stage_run.run.video_id, vector__isnull=False).update(vector=None)
