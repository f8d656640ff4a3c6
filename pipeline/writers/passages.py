"""The search index's rows."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from pipeline.models import StageRun
from videos.languages import search_config
from videos.models import Cue, Passage, ScreenText


class Moment(NamedTuple):
    """Words for a moment that no row of its own says."""

    start_ms: int
    end_ms: int
    text: str


def write_passages(
    stage_run: StageRun,
    kind: Passage.Kind,
    findings: Iterable[Cue | ScreenText | Moment],
    *,
    language: str,
) -> None:
    """Replace the video's passages of one kind by the texts of `findings`.

    The vectors are computed by one statement a language, under its own text search configuration
    where PostgreSQL has one. What does not say in which language it is, is in `language`.
    """
    video = stage_run.run.video
    passages = Passage.objects.filter(video=video, kind=kind)
    passages.delete()
    Passage.objects.bulk_create(
        (
            Passage(
                workspace_id=video.workspace_id,
                video=video,
                kind=kind,
                start_ms=finding.start_ms,
                end_ms=finding.end_ms,
                text=finding.text.replace("\n", " "),
                language=spoken,
                config=search_config(spoken),
                search="",
            )
            for finding in findings
            for spoken in [getattr(finding, "language", "") or language]
        ),
        batch_size=1000,
    )
    for config in set(passages.values_list("config", flat=True)):
        of_config = passages.filter(config=config)
        of_config.update(search=SearchVector("text", config=Value(config)))
