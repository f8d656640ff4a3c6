"""django-q2's cluster, in which no death or standstill goes unnoticed and no stop hangs.

`manage.py work` is the parent; it forks a sentinel, which forks workers, pusher and monitor. These
talk through queues, and a process killed at the wrong moment keeps a queue's lock for ever, so the
rest would wait in silence. Hence: whoever may have held one dies, all start afresh. What watches
over the others takes no such lock itself.

What a cluster holds no other can take, so it takes no more messages than it has idle workers.

A process that lives but does nothing (stopped, or waiting for what never comes) is as bad: each
owes a sign of life, and one that gives none for three leases is killed.
"""

import gc
import logging
import os
import signal
import time
from contextlib import suppress
from functools import partial
from multiprocessing import connection, get_context
from typing import Any
from uuid import uuid4

from django import db
from django.conf import settings
from django_q.cluster import Sentinel
from django_q.conf import Conf
from django_q.status import Stat

from pipeline.database import TROUBLE, reconnect
from pipeline.members import Load, be_monitor, be_pusher, be_worker
from pipeline.oversight import stopping
from pipeline.processes import Flag, Pulse, Watchdog, describe_exit, forks_die_with_parent
from pipeline.services import announce, recover, withdraw

logger = logging.getLogger(__name__)

_fork = get_context("fork")

# Handing a stage back takes a second or two; who takes longer is killed and loses its lease.
_STOP_S = 8.0
_HAND_BACK_S = 5.0
_LOOK_S = 0.2
# A worker that was silent for so many leases has lost its stage: nothing is left to spare.
_HANGS_AFTER_LEASES = 3


class WorkerCluster:
    """Workers for the queue that django-q2 was configured for."""

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT comes to this process, or to all of its group.

        Returns the exit code: `os.EX_TEMPFAIL` if a death broke the cluster, which then wants
        starting again.
        """
        _stop_on_signals()
        forks_die_with_parent()
        db.connections.close_all()
        # What is loaded now stays for good: going through all of it kept a ring waiting for 50 ms.
        gc.collect()
        gc.freeze()
        pulse = Pulse()
        sentinel = _fork.Process(target=WorkerSentinel, args=(uuid4(), pulse))
        sentinel.start()
        watchdog = _watchdog(pulse, every_s=_LOOK_S)
        hung = False
        stop_by = None
        while sentinel.is_alive():
            sentinel.join(_LOOK_S)
            if not stopping.is_set() and watchdog.hangs():
                logger.error("The sentinel hangs: ending all of the cluster")
                hung = True
                stopping.set()
                stop_by = time.monotonic() + _HAND_BACK_S
            if stopping.is_set() and stop_by is None:
                stop_by = time.monotonic() + _STOP_S
            if stop_by and time.monotonic() > stop_by:
                logger.error("The cluster did not stop in time and is killed")
                sentinel.kill()  # and the kernel all that it forked
                sentinel.join()
        with suppress(db.Error):
            recover()  # other clusters shall hear at once of what this one left
        return os.EX_OK if sentinel.exitcode == 0 and not hung else os.EX_TEMPFAIL


class WorkerSentinel(Sentinel):
    """Keeps the pool complete while that is safe, and ends all of it when it is not."""

    pool: list[Any]
    monitor: Any
    pusher: Any

    def __init__(self, cluster_id: Any, pulse: Pulse) -> None:
        self._pulse = pulse
        self._load = Load(Conf.WORKERS)
        super().__init__(stopping, Flag(), cluster_id, start=False)
        _stop_on_signals()  # django-q2 has just undone that
        self.start()

    def start(self) -> None:
        """Fork the others and watch over them until the end."""
        try:
            super().start()
        except Exception:  # whatever it is: without a sentinel the others would wait for ever
            logger.exception("The sentinel failed: ending all of the cluster")
            self._abandon()

    def guard(self) -> None:
        """Watch over the other processes until the cluster is to stop."""
        while not stopping.is_set():
            self._pulse.beat()
            for process in (*self.pool, self.monitor, self.pusher):
                if not process.is_alive():
                    self._replace(process)
            self._end_what_hangs()
            self._announce()
            everybody = [p.sentinel for p in (*self.pool, self.monitor, self.pusher)]
            connection.wait(everybody, timeout=Conf.GUARD_CYCLE)
        with suppress(*TROUBLE):
            withdraw(str(Conf.CLUSTER_NAME))
        self.stop()

    def spawn_worker(self) -> None:
        """Add a worker to the pool."""
        timer = _fork.Value("f", -1)
        seat = min(set(range(self.pool_size)) - {worker.seat for worker in self.pool})
        done = partial(self._load.done, seat)
        worker = self._spawn(
            be_worker, done, self.task_queue, self.result_queue, timer, self.timeout
        )
        worker.timer, worker.seat = timer, seat
        self.pool.append(worker)

    def spawn_monitor(self) -> Any:
        """Start the process that acknowledges messages."""
        return self._spawn(be_monitor, self.result_queue, self.broker)

    def spawn_pusher(self) -> Any:
        """Start the process that takes messages to the workers."""
        return self._spawn(be_pusher, self._load, self.task_queue, self.event_out, self.broker)

    def _spawn(self, target: Any, *args: Any) -> Any:
        """Fork a process whose sign of life is watched."""
        pulse = Pulse()
        process: Any = _fork.Process(target=target, args=(pulse, *args), daemon=True)
        process.watchdog = _watchdog(pulse, every_s=Conf.GUARD_CYCLE)
        process.start()
        return process

    def status(self) -> str:
        """Say what the cluster does, without asking the queues: that would take their locks."""
        if stopping.is_set():
            helpers = [p for p in (self.monitor, self.pusher) if p and p.is_alive()]
            return str(Conf.STOPPING if helpers or self.pool else Conf.STOPPED)
        return str(Conf.WORKING if any(map(_busy, self.pool)) else Conf.IDLE)

    def _replace(self, process: Any) -> None:
        """Start another process in place of a dead one, unless it may have taken a lock along.

        One that ended by itself gave its locks back, and a worker at a stage held none.
        """
        how = describe_exit(process.exitcode)
        if process.exitcode < 0 and not _busy(process):
            logger.error("A process of the cluster %s: ending all of them", how)
            self._abandon()
        logger.warning("A process of the cluster %s: starting another", how)
        db.connections.close_all()  # the fork shall not share them
        if process is self.monitor:
            self.monitor = self.spawn_monitor()
        elif process is self.pusher:
            self.pusher = self.spawn_pusher()
        else:
            if _busy(process):
                self._load.done(process.seat)
            self.pool.remove(process)
            self.spawn_worker()

    def _end_what_hangs(self) -> None:
        """Kill a worker that is silent at a stage, or all, where messages or results lie still.

        The pusher owes a sign while a worker has time: it also gives none while all have a message,
        and one that hangs does nothing with it.
        """
        for process in self.pool:
            if process.watchdog.hangs(owed=_busy(process)):
                logger.error("A worker hangs at a stage that it has lost, and is killed")
                process.kill()
        all_busy = all(map(_busy, self.pool))
        for process, owed in (
            (self.pusher, not all_busy),
            (self.monitor, Conf.QSIZE and self.result_queue.qsize() > 0),
        ):
            if process.watchdog.hangs(owed=owed):
                logger.error("The cluster's messages lie still: ending all of its processes")
                self._abandon()

    def _announce(self) -> None:
        """Say in the database that this cluster is there."""
        db.close_old_connections()  # PostgreSQL may have been restarted
        Stat(self).save()
        try:
            announce(str(Conf.CLUSTER_NAME))
        except TROUBLE as error:
            logger.warning("no database to announce the cluster in: %s", error)
            reconnect()

    def _abandon(self) -> None:
        """Let the workers hand their stages back, then end everything at once."""
        stopping.set()
        late_at = time.monotonic() + _HAND_BACK_S
        while any(p.is_alive() and _busy(p) for p in self.pool) and time.monotonic() < late_at:
            time.sleep(0.05)
        for process in filter(None, (*self.pool, self.monitor, self.pusher)):
            process.kill()
        os._exit(os.EX_TEMPFAIL)  # no exit handlers: they wait for queues


def _busy(process: Any) -> bool:
    """Tell whether a worker is at a stage; others never are. Takes no lock."""
    timer = getattr(process, "timer", None)
    return timer is not None and timer.get_obj().value > 0


def _watchdog(pulse: Pulse, *, every_s: float) -> Watchdog:
    """Return one for a process that is looked at every `every_s` seconds."""
    return Watchdog(pulse, looks=int(_HANGS_AFTER_LEASES * settings.PIPELINE_LEASE_S / every_s))


def _stop_on_signals() -> None:
    """Have SIGTERM and SIGINT stop the whole cluster, whichever of its processes they reach."""

    def stop(_signum: int, _frame: Any) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
