"""The tenant that everything belongs to."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from videos.vocabulary import LONGEST_WORD, check_glossary, check_vocabulary


class Workspace(models.Model):
    """Owns videos. One exists for now, made by a migration; every query is scoped by it.

    The `max_…` are its quotas; null: no limit, 0: nothing more comes in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    max_bytes = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Bytes that its original files may have together; empty: no limit.",
    )
    max_videos = models.PositiveIntegerField(
        null=True, blank=True, help_text="Videos that it may have; empty: no limit."
    )
    max_open_analyses = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Videos that may be waiting or analysed at once; empty: no limit.",
    )
    vocabulary = ArrayField(
        models.CharField(max_length=LONGEST_WORD),
        default=list,
        blank=True,
        validators=[check_vocabulary],
        help_text="Names and terms to expect in speech, with commas between.",
    )
    glossary = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_glossary],
        help_text='What is heard wrongly, and what to write instead: {"cube a nettle": "kubectl"}.',
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def has_quota(self) -> bool:
        """Whether anything bounds it."""
        quotas = (self.max_bytes, self.max_videos, self.max_open_analyses)
        return any(quota is not None for quota in quotas)
