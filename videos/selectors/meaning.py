"""What is said in a video, understood."""

from django.db.models import QuerySet

from videos.models import Chapter, Keyword, SummarySentence, Video
from videos.selectors.findings import segments


def chapter_list(
    *, video: Video, from_ms: int | None = None, to_ms: int | None = None
) -> QuerySet[Chapter]:
    """Return the chapters that overlap the span."""
    return segments(Chapter, video, from_ms, to_ms)


def summary_sentence_list(*, video: Video) -> QuerySet[SummarySentence]:
    """Return the sentences of the summary, in the order in which they are said."""
    return segments(SummarySentence, video, None, None)


def keyword_list(*, video: Video) -> QuerySet[Keyword]:
    """Return the keywords, the best first."""
    found = Keyword.objects.filter(video=video)
    return found.order_by("-score", "text").prefetch_related("stage_run")
