"""What is said in a video, understood."""

from typing import cast

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from videos.models import (
    AbstractSentence,
    Chapter,
    ChapterTitle,
    Keyword,
    SummarySentence,
    Video,
)
from videos.selectors.findings import segments


def chapter_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Chapter]:
    """Return the chapters that overlap the span, with what a language model calls them."""
    titles = ChapterTitle.objects.filter(
        video=OuterRef("video"), start_ms=OuterRef("start_ms"), end_ms=OuterRef("end_ms")
    )
    told = titles.values(
        told=JSONObject(
            title="title",
            stage="stage_run__name",
            version="stage_run__version",
            model="stage_run__model",
        )
    )
    return segments(Chapter, video, from_ms, to_ms).annotate(told=Subquery(told[:1]))


def summary_sentence_list(*, video: Video) -> QuerySet[SummarySentence]:
    """Return the summary: as it was said, or in a language model's words where there are such.

    Those are `AbstractSentence`, with the same fields.
    """
    told = segments(AbstractSentence, video, None, None).order_by("position")
    if told.exists():
        return cast("QuerySet[SummarySentence]", told)
    return segments(SummarySentence, video, None, None)


def keyword_list(*, video: Video) -> QuerySet[Keyword]:
    """Return the keywords, the best first."""
    found = Keyword.objects.filter(video=video)
    return found.order_by("-score", "text").prefetch_related("stage_run")
