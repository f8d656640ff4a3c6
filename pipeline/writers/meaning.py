"""Chapters, summary, keywords and names."""

from dataclasses import asdict

from pipeline.media.passages import of_chapters
from pipeline.models import StageRun
from pipeline.results import Chapters, Entities, Keywords, Summary
from pipeline.writers.passages import write_passages
from videos import models
from videos.models import Passage


def write_chapters(stage_run: StageRun, result: Chapters) -> None:
    """Replace the video's chapters; their titles are found by the search."""
    video_id = stage_run.run.video_id
    models.Chapter.objects.filter(video_id=video_id).delete()
    models.Chapter.objects.bulk_create(
        models.Chapter(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=chapter.start_ms,
            end_ms=chapter.end_ms,
            confidence=chapter.confidence,
            title=chapter.title,
            sentiment=chapter.sentiment,
        )
        for chapter in result.chapters
    )
    titles = of_chapters(result)
    write_passages(stage_run, Passage.Kind.CHAPTER, titles, language=result.language)


def write_summary(stage_run: StageRun, result: Summary) -> None:
    """Replace the video's summary."""
    video_id = stage_run.run.video_id
    models.SummarySentence.objects.filter(video_id=video_id).delete()
    models.SummarySentence.objects.bulk_create(
        models.SummarySentence(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=sentence.start_ms,
            end_ms=sentence.end_ms,
            confidence=sentence.confidence,
            text=sentence.text,
        )
        for sentence in result.sentences
    )


def write_keywords(stage_run: StageRun, result: Keywords) -> None:
    """Replace the video's keywords."""
    video_id = stage_run.run.video_id
    models.Keyword.objects.filter(video_id=video_id).delete()
    models.Keyword.objects.bulk_create(
        models.Keyword(
            video_id=video_id, stage_run=stage_run, text=keyword.text, score=keyword.score
        )
        for keyword in result.keywords
    )


def write_entities(stage_run: StageRun, result: Entities) -> None:
    """Replace the video's names."""
    video_id = stage_run.run.video_id
    models.EntityMention.objects.filter(video_id=video_id).delete()
    models.EntityMention.objects.bulk_create(
        (
            models.EntityMention(
                video_id=video_id,
                stage_run=stage_run,
                start_ms=mention.start_ms,
                end_ms=mention.end_ms,
                text=mention.text,
                label=mention.label,
                spans=[asdict(span) for span in mention.spans],
            )
            for mention in result.mentions
        ),
        batch_size=1000,
    )
