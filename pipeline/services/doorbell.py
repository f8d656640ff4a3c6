"""The only sender of queue messages.

A message says "look at this queue" and nothing else. It is inserted in the transaction that made
a stage ready, so neither exists without the other. Redis cannot join that: there it is sent after
the commit, and what is lost in between the sweeper rings again.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.brokers import get_broker
from django_q.tasks import async_task

from pipeline.broker import PostgresBroker


def ring(queue: str, *, delay_s: float = 0) -> None:
    """Tell one worker of `queue` to look for a ready stage.

    Redis knows no delay: there the sweeper rings once the stage is due.
    """
    if settings.Q_BROKER == "redis":
        if not delay_s:
            # Robust: without Redis the work is accepted all the same, and rung for later.
            transaction.on_commit(lambda: _send(queue), robust=True)
    elif delay_s:
        # The ORM broker reads the same table.
        _send(queue, broker=PostgresBroker(queue, delay_s=delay_s))
    else:
        _send(queue)


def announced(queue: str) -> int:
    """Return how many messages wait for a worker of `queue`."""
    return int(get_broker(queue).queue_size())


def _send(queue: str, **options: Any) -> None:
    async_task(
        "pipeline.tasks.drain",
        queue,
        task_name=f"drain {queue}",
        cluster=queue,
        ack_failure=True,
        **options,
    )
