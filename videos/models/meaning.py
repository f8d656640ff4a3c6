"""What is said, understood: chapters, summary, keywords, names."""

import uuid

from django.db import models
from django.db.models import Q

from videos.models.findings import Finding


class Chapter(Finding):
    """What is spoken of for a while; `confidence` is that of its start, null for the first."""

    title = models.CharField(max_length=200)
    sentiment = models.FloatField(null=True, help_text="-1..1; English only.")

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="chapter_sentiment_in_range",
                condition=Q(sentiment__isnull=True) | Q(sentiment__gte=-1, sentiment__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def shown_title(self) -> str:
        """What a language model calls a chapter of `chapter_list`, else its own title."""
        told = getattr(self, "told", None)
        return told["title"] if told else self.title


class SummarySentence(Finding):
    """A sentence that stands for those around it, as it was said."""

    text = models.TextField()

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return self.text

    @property
    def citations(self) -> list[dict[str, int]]:
        """What it rests on: itself."""
        return [{"start_ms": self.start_ms, "end_ms": self.end_ms}]


class Keyword(models.Model):
    """A phrase that tells what a video is about."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE)
    stage_run = models.ForeignKey("pipeline.StageRun", on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    score = models.FloatField(help_text="Of the best one, 0..1.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "text"], name="keyword_once"),
            models.CheckConstraint(
                name="keyword_score_0_to_1", condition=Q(score__gte=0, score__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.text


class EntityMention(Finding):
    """A name that is said: of a person, a place, an organisation."""

    text = models.TextField()
    label = models.CharField(max_length=20)
    spans = models.JSONField(
        help_text='[{"cue", "start", "end"}]: the cue\'s place in the transcript, and characters of it'
    )

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return self.text
