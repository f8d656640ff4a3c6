"""Files derived from a video for people."""

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from pipeline.models import PipelineRun


class Rendition(models.Model):
    """A file derived from the video, made by its analysis or on request.

    One on request has a row before it has a file: runs of its own make it, the newest of which
    tells how far it is (`selectors.rendition_state`).
    """

    class Kind(models.TextChoices):
        POSTER = "poster"
        STORYBOARD = "storyboard"
        STORYBOARD_VTT = "storyboard_vtt"
        PROXY = "proxy"
        REDACTED = "redacted", "redacted copy"

    ON_REQUEST = (Kind.PROXY, Kind.REDACTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=20, choices=Kind)
    parameters = models.JSONField(
        default=dict, help_text="That the request gives to its stages, by stage."
    )
    digest = models.CharField(
        max_length=64, blank=True, help_text="sha256 of the parameters; empty: there are none."
    )
    stage_run = models.ForeignKey(
        "pipeline.StageRun", on_delete=models.CASCADE, null=True, help_text="What made it."
    )
    path = models.CharField(
        max_length=300, blank=True, help_text="Relative to the media root; empty: not made yet."
    )
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    newest_runs: "list[PipelineRun]"
    """What makes or made it, alone, where `selectors.with_runs` has fetched that."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["video", "kind", "digest"], name="rendition_once_a_request"
            ),
            models.CheckConstraint(
                name="rendition_made_or_not",
                condition=Q(path="", stage_run__isnull=True, size_bytes__isnull=True)
                | (~Q(path="") & Q(stage_run__isnull=False, size_bytes__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.video_id}"
