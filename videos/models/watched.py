"""A file that was taken from a watched place."""

from django.db import models


class WatchedFile(models.Model):
    """Remembers a file from before its video is committed until the video's end was told beside it.

    Its row is inserted with the video's: whoever finds the file again, after a crash or beside
    another watcher, finds the row as well and only moves the file. One that is refused has no
    video, and a row until it is moved.
    """

    folder = models.CharField(max_length=4200, help_text="Where it lay.")
    name = models.CharField(max_length=1100)
    identity = models.CharField(max_length=80, help_text="What tells it from others of its name.")
    video = models.ForeignKey("videos.Video", on_delete=models.SET_NULL, null=True)
    moved_to = models.CharField(max_length=5400, blank=True, help_text="Where it goes, or went.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["folder", "name", "identity"], name="watched_once"),
        ]

    def __str__(self) -> str:
        return self.name
