"""What the processes of a cluster do: django-q2's worker, pusher and monitor, and what they count.

Each gives a sign of life (`Pulse`), and none takes a lock for that or for counting.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django_q.monitor import monitor
from django_q.pusher import pusher
from django_q.signals import post_execute, post_execute_in_worker
from django_q.worker import worker

from pipeline import oversight
from pipeline.processes import Pulse

logger = logging.getLogger(__name__)

_BROKER_PAUSE_S = 1.0
_FULL_PAUSE_S = 0.01


class Load:
    """How many messages the workers have. Shared by forks, without a lock: each count has one writer."""

    def __init__(self, workers: int) -> None:
        self._given = Pulse()
        self._done = [Pulse() for _ in range(workers)]

    def give(self) -> None:
        """Count one on its way to a worker."""
        self._given.beat()

    def done(self, seat: int) -> None:
        """Count the end of one, by the worker at `seat` or, if it died of it, by the sentinel."""
        self._done[seat].beat()

    @property
    def full(self) -> bool:
        """Whether every worker has one."""
        return self._given.count - sum(done.count for done in self._done) >= len(self._done)


def be_worker(
    pulse: Pulse,
    done: Callable[[], None],
    task_queue: Any,
    result_queue: Any,
    timer: Any,
    timeout: int,
) -> None:
    """Be a worker whose timer runs only while it holds none of the locks that it shares."""

    def idle(**_kwargs: Any) -> None:
        timer.value = -1  # its result goes into a queue now
        done()

    oversight.pulse = pulse
    post_execute_in_worker.connect(idle, weak=False)
    worker(task_queue, result_queue, timer, timeout)


def be_pusher(pulse: Pulse, load: Load, task_queue: Any, stop: Any, broker: Any) -> None:
    """Be a pusher that looks for messages while a worker has time, giving a sign each time.

    It waits for a broker that went away; django-q2's would end, and be replaced after ten seconds.
    """
    dequeue, put = broker.dequeue, task_queue.put

    def give(task: Any) -> None:
        load.give()
        put(task)

    def look() -> Any:
        if load.full:
            time.sleep(_FULL_PAUSE_S)
            return None
        pulse.beat()
        try:
            return dequeue()
        except Exception:  # whatever a broker raises
            logger.exception("No messages can be taken: trying again")
            time.sleep(_BROKER_PAUSE_S)
            return None

    broker.dequeue, task_queue.put = look, give
    pusher(task_queue, stop, broker)


def be_monitor(pulse: Pulse, result_queue: Any, broker: Any) -> None:
    """Be a monitor that gives a sign with each result."""

    def done(**_kwargs: Any) -> None:
        pulse.beat()

    post_execute.connect(done, weak=False)
    monitor(result_queue, broker)
