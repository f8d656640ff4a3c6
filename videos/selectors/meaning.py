"""What is said in a video, understood."""

from collections import Counter
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from videos.models import (
    AbstractSentence,
    Chapter,
    ChapterTitle,
    EntityMention,
    Keyword,
    SummarySentence,
    Video,
)
from videos.selectors.findings import cue_list, segments


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


@dataclass(frozen=True)
class Entity:
    """What one name stands for, as far as its letters tell."""

    text: str
    """As it is mostly written."""
    label: str
    mentions: list[EntityMention]


def entity_list(*, video: Video) -> list[Entity]:
    """Return the names with their mentions, the most frequent first."""
    groups: dict[tuple[str, str], list[EntityMention]] = {}
    for mention in segments(EntityMention, video, None, None):
        groups.setdefault((mention.text.casefold(), mention.label), []).append(mention)
    return sorted(
        (
            Entity(Counter(one.text for one in said).most_common(1)[0][0], label, said)
            for (_, label), said in groups.items()
        ),
        key=lambda entity: (-len(entity.mentions), entity.text),
    )


def cue_ids(*, video: Video) -> list[UUID]:
    """Return the ids of the video's cues, by their place in the transcript."""
    return list(cue_list(video=video).prefetch_related(None).values_list("id", flat=True))
