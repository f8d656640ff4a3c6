"""What is carried out as a whole."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from pipeline.models.stage_run import StageRun


class PipelineRun(models.Model):
    """One execution of a plan: a video's analysis, or what makes one rendition of it."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUCCEEDED = "SUCCEEDED"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE, related_name="runs")
    rendition = models.ForeignKey(
        "videos.Rendition",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="runs",
        help_text="What it makes, on request. Empty: it analyses the video.",
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who uploaded, retried or reprocessed. Empty: the command line, or a user since removed.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    cancel_requested = models.BooleanField(default=False)
    priority = models.SmallIntegerField(default=5, help_text="The video's.")
    turn = models.BigIntegerField(
        default=0, help_text="Among equal priorities the lowest goes first: see next_turn."
    )
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    ordered_stages: "list[StageRun]"
    """Its stages and their parts, where `selectors.stages_in_order` has fetched them."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["video"],
                condition=Q(status="ACTIVE", rendition__isnull=True),
                name="run_one_active_analysis",
            ),
            models.UniqueConstraint(
                fields=["rendition"],
                condition=Q(status="ACTIVE"),
                name="run_one_active_a_rendition",
            ),
            models.CheckConstraint(
                name="run_finished_when_ended",
                condition=Q(status="ACTIVE", finished_at__isnull=True)
                | (~Q(status="ACTIVE") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="run_status_known",
                condition=Q(status__in=["ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED"]),
            ),
        ]
        indexes = [
            models.Index(fields=["video", "rendition", "-created_at"], name="run_newest"),
            models.Index(
                fields=["requested_by", "priority", "-turn"],
                condition=Q(status="ACTIVE"),
                name="run_turns",
            ),
        ]

    def __str__(self) -> str:
        return f"{'rendition' if self.rendition_id else 'analysis'} of {self.video_id}"
