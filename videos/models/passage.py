"""The search index."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q


class Passage(models.Model):
    """A stretch of text that search can find, whatever stage it came from."""

    class Kind(models.TextChoices):
        CUE = "cue"
        TEXT = "text"
        OBJECT = "object"
        CHAPTER = "chapter"

    # Without an index of its own: for a common word the planner would prefer it to
    # `passage_configs`, and read past every other language.
    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE, db_index=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind)
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    config = models.CharField(max_length=30, help_text="PostgreSQL text search configuration.")
    search = SearchVectorField(help_text="The text under that configuration.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="passage_ends_after_start",
                condition=Q(start_ms__gte=0, end_ms__gt=F("start_ms")),
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="passage_search"),
            models.Index(fields=["video", "kind"], name="passage_of_video"),
            models.Index(fields=["workspace", "config"], name="passage_configs"),
        ]

    def __str__(self) -> str:
        return self.text
