"""Files that are to go."""

from django.db import models
from django.db.models.functions import Now


class Removal(models.Model):
    """Says that a video, or a rendition of it, was deleted and its files may still be there.

    Inserted as that row goes: whatever happens to the process or the storage then, the sweeper
    knows what is to go, also from files of videos that the database never had.
    """

    video_id = models.UUIDField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.video_id)
