"""A file that arrives in parts."""

import uuid

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q

from videos.querysets import UploadQuerySet


class Upload(models.Model):
    """A resumable upload; once it is whole it becomes the video of the same id, and only that.

    (Or it is answered with another one of the same bytes, where the client asked for that.)

    `received_bytes` is what counts: so many bytes lie on disk for good. The part itself may be
    longer, by what a request had written when it was cut short; the next one writes over that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, help_text="Who began it.")
    filename = models.CharField(max_length=255, help_text="As sent; never used as a path.")
    size_bytes = models.BigIntegerField(null=True, help_text="Null: the client tells later.")
    received_bytes = models.BigIntegerField(default=0)
    checksum_sha256 = models.CharField(max_length=64, blank=True, help_text="Once it is whole.")
    metadata_header = models.TextField(blank=True, help_text="`Upload-Metadata` as it came.")
    video_fields = models.JSONField(help_text="What its video gets: title, language, …")
    video = models.ForeignKey(
        "videos.Video", on_delete=models.CASCADE, null=True, help_text="What it became."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="Each byte that comes puts it off.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="upload_received_up_to_size",
                condition=Q(received_bytes__gte=0)
                & (
                    Q(size_bytes__isnull=True)
                    | Q(size_bytes__gt=0, received_bytes__lte=F("size_bytes"))
                ),
            ),
            models.CheckConstraint(
                name="upload_with_video_is_whole",
                condition=Q(video__isnull=True) | Q(received_bytes=F("size_bytes")),
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_whole(self) -> bool:
        """Whether its last byte is there."""
        return self.received_bytes == self.size_bytes
