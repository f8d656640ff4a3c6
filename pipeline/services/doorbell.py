"""The only sender of queue messages.

A message says "look at this queue" and nothing else. It is inserted in the transaction that made
a stage ready, so neither exists without the other.
"""

from datetime import timedelta

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ
from django_q.tasks import async_task


class _Later(ORM):
    """Puts a message where no worker sees it until the delay is over."""

    def __init__(self, queue: str, delay_s: float) -> None:
        super().__init__(list_key=queue)
        self.delay = timedelta(seconds=delay_s)

    def enqueue(self, task: str) -> int:
        lock = timezone.now() + self.delay
        return int(OrmQ.objects.create(key=self.list_key, payload=task, lock=lock).pk)


def ring(queue: str, *, delay_s: float = 0) -> None:
    """Tell one worker of `queue` to look for a ready stage."""
    async_task(
        "pipeline.tasks.drain",
        queue,
        task_name=f"drain {queue}",
        cluster=queue,
        ack_failure=True,
        **({"broker": _Later(queue, delay_s)} if delay_s else {}),
    )
