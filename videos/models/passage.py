"""The search index."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Exact

from videos.models.duplicates import HnswIndex


class HalfVectorField(models.Field):  # type: ignore[type-arg]  # takes no parameter at run time
    """pgvector's `halfvec(n)`: n numbers of 16 bits, written and read as `[1,2]`."""

    def __init__(self, *, dimensions: int, **options: Any) -> None:
        self.dimensions = dimensions
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "dimensions": self.dimensions}

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django names it
        return f"halfvec({self.dimensions})"


SHARES = 8
"""The index of words is in so many, each of a like part of the passages: PostgreSQL reads such an
index to its end before it gives the first row, and of common words one share has enough. A power
of two."""


GUIDES = 64
"""One passage in so many is in a small index of meanings, too: the large one may have no way to
where hundreds mean nearly the same."""


def _index_of_words(share: int) -> GinIndex:
    """Return a share of it, with what searches are narrowed by.

    Without that a common word would be looked up in all passages, to find those of one video. What
    is added does not wait in a list, which each search would read.
    """
    columns = (Cast(name, models.TextField()) for name in ("workspace", "video", "config", "kind"))
    return GinIndex(
        F("search"),
        Func(*columns, template="ARRAY[%(expressions)s]"),
        name=f"passage_words_{share}",
        condition=Q(Exact(F("id").bitand(SHARES - 1), share)),
        fastupdate=False,
    )


class PassageManager(models.Manager["Passage"]):
    """Leaves vectors in the database, where alone they are compared."""

    def get_queryset(self) -> models.QuerySet["Passage"]:
        return super().get_queryset().defer("vector")


class Passage(models.Model):
    """A stretch of text that search can find, whatever stage it came from."""

    class Kind(models.TextChoices):
        CUE = "cue"
        TEXT = "text"
        OBJECT = "object"
        SOUND = "sound"
        CHAPTER = "chapter"

    # Without an index of its own: `passage_kinds` begins with it.
    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE, db_index=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind)
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    text = models.TextField()
    parts = models.JSONField(
        default=list, help_text="[offset in the text, start_ms, end_ms] of each cue in it."
    )
    weight = models.FloatField(default=1.0, help_text="How far it can be trusted, 0..1.")
    language = models.CharField(max_length=8, blank=True)
    config = models.CharField(max_length=30, help_text="PostgreSQL text search configuration.")
    search = SearchVectorField(help_text="The text under that configuration.")
    vector = HalfVectorField(
        dimensions=384,
        null=True,
        help_text="What the text means; of a video's equal ones the first alone has it.",
    )

    objects = PassageManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="passage_ends_after_start",
                condition=Q(start_ms__gte=0, end_ms__gt=F("start_ms")),
            ),
        ]
        indexes = [
            *map(_index_of_words, range(SHARES)),
            models.Index(fields=["video", "kind"], name="passage_of_video"),
            models.Index(fields=["workspace", "config", "kind"], name="passage_kinds"),
            models.Index(
                "workspace",
                Lower("text"),
                name="passage_labels",
                condition=Q(kind__in=["object", "sound"]),
            ),
            HnswIndex(name="passage_near", fields=["vector"], opclasses=["halfvec_ip_ops"], m=32),
            HnswIndex(
                name="passage_guide",
                fields=["vector"],
                opclasses=["halfvec_ip_ops"],
                condition=Q(Exact(F("id").bitand(GUIDES - 1), 0)),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Word(models.Model):
    """A word that a workspace's passages have: what a mistyped one may have meant.

    Triggers of `videos_passage` keep it, whoever writes or deletes.
    """

    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE)
    word = models.CharField(max_length=24)
    forms = ArrayField(
        models.CharField(max_length=24), help_text="The word, and it without any one letter."
    )
    passages = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "word"], name="word_once"),
        ]
        indexes = [GinIndex(fields=["forms"], name="word_forms", fastupdate=False)]

    def __str__(self) -> str:
        return self.word
