"""The uploaded original, what the probe found in it, and the files derived for people."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from videos.querysets import VideoQuerySet
from videos.vocabulary import LONGEST_WORD, check_vocabulary

if TYPE_CHECKING:
    from pipeline.models import PipelineRun


class Video(models.Model):
    """An original, uploaded or fetched, and where its analysis stands.

    Lifecycle: `UPLOADED → PROCESSING → COMPLETED | FAILED | CANCELLED`; retry leads back from
    `FAILED | CANCELLED` to `PROCESSING`, reprocess from any end. `TRANSITIONS` lists every move;
    `videos.lifecycle` makes them and a trigger refuses all others.
    """

    class Status(models.TextChoices):
        UPLOADED = "UPLOADED"
        PROCESSING = "PROCESSING"
        COMPLETED = "COMPLETED"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"

    OPEN = (Status.UPLOADED, Status.PROCESSING)

    class Profile(models.TextChoices):
        FAST = "fast"
        STANDARD = "standard"
        FULL = "full"

    TRANSITIONS = {
        Status.UPLOADED: {Status.PROCESSING, Status.FAILED, Status.CANCELLED},
        Status.PROCESSING: {Status.COMPLETED, Status.FAILED, Status.CANCELLED},
        Status.COMPLETED: {Status.PROCESSING},
        Status.FAILED: {Status.PROCESSING},
        Status.CANCELLED: {Status.PROCESSING},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("videos.Workspace", on_delete=models.PROTECT)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: from the command line, or by a user since removed.",
    )
    title = models.CharField(max_length=300)
    filename = models.CharField(max_length=255, help_text="As uploaded; never used as a path.")
    source_url = models.CharField(
        max_length=2000, blank=True, help_text="Where it is fetched from; empty: it was uploaded."
    )
    size_bytes = models.BigIntegerField(null=True, help_text="Null: it is not fetched yet.")
    checksum_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Empty: it is not fetched yet."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.UPLOADED)
    status_reason = models.JSONField(null=True, blank=True, help_text='{"code", "message"}')
    priority = models.SmallIntegerField(
        default=5,
        validators=[MinValueValidator(0), MaxValueValidator(9)],
        help_text="0 to 9; higher goes first.",
    )
    profile = models.CharField(max_length=10, choices=Profile, default=Profile.STANDARD)
    language = models.CharField(
        max_length=8, blank=True, help_text="As given by the uploader; empty: detect it."
    )
    vocabulary = ArrayField(
        models.CharField(max_length=LONGEST_WORD),
        default=list,
        blank=True,
        validators=[check_vocabulary],
        help_text="Names and terms to expect in speech.",
    )
    audio_track = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Index of the stream to listen to; empty: choose."
    )
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = VideoQuerySet.as_manager()

    newest_analysis: "list[PipelineRun]"
    """The newest run that analyses it, alone, where `selectors.with_analysis` has fetched that."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="video_status_known",
                condition=Q(
                    status__in=["UPLOADED", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"]
                ),
            ),
            models.CheckConstraint(
                name="video_priority_0_to_9", condition=Q(priority__gte=0, priority__lte=9)
            ),
            # Whoever names an address may have no bytes yet; nobody else.
            models.CheckConstraint(
                name="video_bytes_known_or_fetched",
                condition=Q(
                    size_bytes__isnull=False,
                    size_bytes__gt=0,
                    checksum_sha256__regex="^[0-9a-f]{64}$",
                )
                | (Q(size_bytes__isnull=True, checksum_sha256="") & ~Q(source_url="")),
            ),
            models.CheckConstraint(
                name="video_profile_known", condition=Q(profile__in=["fast", "standard", "full"])
            ),
            # A reason is what explains a failure: neither exists without the other.
            models.CheckConstraint(
                name="video_reason_when_failed",
                condition=Q(status="FAILED", status_reason__isnull=False)
                | (~Q(status="FAILED") & Q(status_reason__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "id"], name="video_newest"),
            models.Index(fields=["workspace", "status", "-created_at"], name="video_by_status"),
            models.Index(
                fields=["workspace", "checksum_sha256", "-created_at"], name="video_by_bytes"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def has_bytes(self) -> bool:
        """Whether its bytes are here: brought, or fetched by now."""
        return bool(self.checksum_sha256)


class Media(models.Model):
    """What the probe found: one row a probed video."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True)
    duration_ms = models.BigIntegerField()
    container = models.CharField(max_length=50)
    bit_rate = models.BigIntegerField()
    start_ms = models.BigIntegerField()
    video_stream = models.JSONField(null=True, help_text="Null: there are no pictures.")
    audio_streams = models.JSONField(default=list)
    subtitle_streams = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "media"
        constraints = [
            models.CheckConstraint(name="media_duration_positive", condition=Q(duration_ms__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.container}, {self.duration_ms} ms"
