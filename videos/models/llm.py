"""What a language model was asked, and what that cost."""

import uuid

from django.db import models
from django.db.models.functions import Now

from videos.querysets import LlmUsageQuerySet


class LlmAnswer(models.Model):
    """A question about a video, and what it was answered: given again while the evidence is the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE)
    prompt_hash = models.CharField(
        max_length=64, help_text="sha256 over model, words and version of the prompt, and evidence."
    )
    question = models.TextField()
    answer = models.TextField(blank=True, help_text="Plain text; empty where it is refused.")
    refusal = models.CharField(
        max_length=30, blank=True, help_text="Code of why there is no answer."
    )
    quoted = models.BooleanField(
        default=False, help_text="The answer is a cited line, the model's own words being withheld."
    )
    citations = models.JSONField(help_text='[{"start_ms", "end_ms", "text", "kind"}]')
    model = models.CharField(max_length=200)
    prompt_version = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "LLM answer"
        constraints = [
            models.UniqueConstraint(fields=["video", "prompt_hash"], name="llmanswer_once"),
            models.CheckConstraint(
                name="llmanswer_cites_or_refuses",
                condition=models.Q(answer="", citations=[]) & ~models.Q(refusal="")
                | models.Q(refusal="") & ~models.Q(answer="") & ~models.Q(citations=[]),
            ),
        ]

    def __str__(self) -> str:
        return self.question


class LlmUsage(models.Model):
    """Tokens that a workspace has spent on a day, and what calls under way may still spend."""

    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE)
    day = models.DateField(help_text="In UTC.")
    tokens = models.PositiveBigIntegerField(default=0)

    objects = LlmUsageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "LLM usage"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "day"], name="llmusage_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.tokens} tokens"
