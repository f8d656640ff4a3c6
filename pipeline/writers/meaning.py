"""Chapters, summary, keywords and names."""

from dataclasses import asdict

from pipeline.media.passages import of_chapters
from pipeline.models import StageRun
from pipeline.results import Chapters, Entities, Keywords, Summary
from pipeline.writers.passages import write_passages
from pipeline.writers.rows import replace
from videos.models import Chapter, EntityMention, Keyword, Passage, SummarySentence


def write_chapters(stage_run: StageRun, result: Chapters) -> None:
    """Replace the video's chapters; their titles are found by the search."""
    rows = [asdict(chapter) for chapter in result.chapters]
    for row in rows:
        del row["said_ms"]  # for the summary alone
    replace(stage_run, Chapter, rows)
    titles = of_chapters(result)
    write_passages(stage_run, Passage.Kind.CHAPTER, titles, language=result.language)


def write_summary(stage_run: StageRun, result: Summary) -> None:
    """Replace the video's summary."""
    replace(stage_run, SummarySentence, map(asdict, result.sentences))


def write_keywords(stage_run: StageRun, result: Keywords) -> None:
    """Replace the video's keywords."""
    replace(stage_run, Keyword, map(asdict, result.keywords))


def write_entities(stage_run: StageRun, result: Entities) -> None:
    """Replace the video's names."""
    replace(stage_run, EntityMention, map(asdict, result.mentions))
