"""Subtitles that stand in for what is heard."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class TranscriptImport(models.Model):
    """A transcript that somebody brought, or took from a track of the video's own file.

    While it is there every analysis reads it, and hears nothing. A file's bytes lie in the row:
    they come, go and are saved with it, and there are few of them.
    """

    video = models.OneToOneField(
        "videos.Video",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="transcript_import",
    )
    filename = models.CharField(max_length=255, blank=True, help_text="As sent; empty: a track.")
    content = models.BinaryField(null=True, help_text="Null: a track.")
    checksum_sha256 = models.CharField(max_length=64, blank=True, help_text="Empty: a track.")
    track = models.PositiveIntegerField(
        null=True, help_text="Index of the video's stream; null: a file."
    )
    language = models.CharField(max_length=8, blank=True, help_text="Empty: not known.")
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transcriptimport_file_or_track",
                condition=Q(
                    track__isnull=True,
                    content__isnull=False,
                    checksum_sha256__regex="^[0-9a-f]{64}$",
                )
                | Q(track__isnull=False, content__isnull=True, checksum_sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return self.filename if self.track is None else f"track {self.track}"
