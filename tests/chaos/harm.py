"""Everything that may befall a server in a bad night, one blow at a time, by a seed."""

import os
import random
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
from django import db
from django.conf import settings
from django.db.models.functions import Now
from django_q.models import OrmQ

from pipeline.services.doorbell import ring
from tests.throwaway import command_of
from videointel.postgres import instance


class Harm:
    """Blows against the clusters that this process started and the server under `data_dir`."""

    def __init__(self, rng: random.Random, data_dir: Path) -> None:
        self._rng = rng
        self._data_dir = data_dir
        self.done: Counter[str] = Counter()

    def strike(self) -> None:
        """Do one thing that nobody should notice in the end."""
        blows = {
            self.kill_a_member: 6,
            self.kill_a_parent: 1,
            self.kill_the_sweeper: 1,
            self.hang_a_member: 1,
            self.ring_for_nothing: 3,
            self.deliver_early: 3,
            self.lose_messages: 3,
        }
        (blow,) = self._rng.choices(list(blows), list(blows.values()))
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            blow()
            self.done[blow.__name__] += 1

    def kill_a_member(self) -> None:
        """Kill a sentinel, worker, pusher or monitor; what computes goes with its worker."""
        self._signal(_members(), signal.SIGKILL)

    def kill_a_parent(self) -> None:
        """Kill a whole cluster's first process."""
        self._signal(_ours("work"), signal.SIGKILL)

    def kill_the_sweeper(self) -> None:
        """Kill the one that mends."""
        self._signal(_ours("sweep"), signal.SIGKILL)

    def hang_a_member(self) -> None:
        """Stop one: it lives, and does nothing."""
        self._signal(_members(), signal.SIGSTOP)

    def ring_for_nothing(self) -> None:
        """Send messages that announce nothing."""
        for _ in range(5):
            ring(self._rng.choice(settings.PIPELINE_QUEUES))

    def deliver_early(self) -> None:
        """Deliver at once what was to come later, and once more what was taken already."""
        OrmQ.objects.update(lock=Now())

    def lose_messages(self) -> None:
        """Delete half of the messages."""
        ids = list(OrmQ.objects.values_list("id", flat=True))
        OrmQ.objects.filter(id__in=self._rng.sample(ids, len(ids) // 2)).delete()

    def restart_postgres(self) -> None:
        """End the database as an operator does, or as a crash does; who asks next starts it."""
        db.connections.close_all()
        if self._rng.random() < 0.5:
            instance.stop(self._data_dir)
            self.done["stop_postgres"] += 1
        else:
            pid = int((self._data_dir / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            self.done["kill_postgres"] += 1

    def _signal(self, candidates: list[psutil.Process], number: signal.Signals) -> None:
        if candidates:
            os.kill(self._rng.choice(candidates).pid, number)


def _members() -> list[psutil.Process]:
    """Return what the clusters forked, but for what computes."""
    return [
        process
        for parent in _ours("work")
        for process in parent.children(recursive=True)
        if "pipeline.child" not in command_of(process)
    ]


def _ours(command: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if command in command_of(child)]
