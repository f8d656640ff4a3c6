"""Which queues have workers."""

from django.db import models


class ServedQueue(models.Model):
    """A queue that worker clusters serve, and when one last said so, by the database's clock.

    django-q2's own statistics don't tell the queue.
    """

    name = models.CharField(max_length=5, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
