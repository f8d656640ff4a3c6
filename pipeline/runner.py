"""Carries out one stage: claims it, supervises the child process that computes, and settles.

The worker that runs this loads no AI library, ever: it forks, and native code does not survive
that. What computes can be killed at any moment, and is: when it is late, when its lease is lost,
when the worker stops.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from msgspec import ValidationError

from pipeline import registry, results, store
from pipeline.child import Ended, Request, kind_of
from pipeline.contract import Limits, Stage, result_type
from pipeline.database import TROUBLE, reconnect
from pipeline.processes import Flag, Pulse
from pipeline.services import (
    Again,
    Cancelled,
    Failed,
    Lease,
    Outcome,
    Skipped,
    Standing,
    Succeeded,
    claim,
    find_twin,
    forget_copies,
    hand_back,
    is_gone,
    keeps,
    renew,
    settle,
    standing,
    take_over,
)
from pipeline.supervisor import Allowance, Child, ChildDied, Children
from videos.lifecycle import Reason
from videos.selectors import bytes_left

logger = logging.getLogger(__name__)

# Set when the cluster is told to stop; workers inherit it by fork and hand their stage back.
stopping = Flag()

# The worker's sign of life; the cluster sets one that it watches.
pulse = Pulse()

_children = Children()

_TICK_S = 0.5
_LOOK_S = 1.0
_FAREWELL_S = 2.0
_SETTLE_TRIES = 8
_FORGET_S = 600.0
_forgot_at = 0.0


class _LeaseLost(Exception):
    """Somebody else has the stage now, or it is gone."""


class _Late(Exception):
    """The deadline is over."""


class _Cancelled(Exception):
    """The run is not wanted any more."""


class _Stopping(Exception):
    """The worker is to stop."""


def discard_children() -> None:
    """End the children that this process has."""
    _children.discard_all()


def run_one(queue: str) -> None:
    """Take one ready stage of `queue` to its end; nothing ready is fine."""
    if stopping.is_set():
        return  # this message is spent: the cluster's last act is to ring for what it left
    pulse.beat()
    lease = claim(queue=queue, worker=f"{socket.gethostname()}:{os.getpid()}")
    if lease is None:
        return
    workdir = store.artefact_dir(lease.video_id, lease.name, lease.token)
    try:
        with store.hold(lease.video_id):
            _settle(lease, _at_hand(lease, workdir) or _carry_out(lease, workdir))
    except _LeaseLost:
        logger.warning("%s of %s: lease lost, result discarded", lease.name, lease.video_id)
    except _Stopping:
        hand_back(lease)
    except TROUBLE:
        raise  # the lease runs out, and the sweeper has the stage run again
    except OSError as error:  # of the store: a child that reads or writes in vain says so itself
        logger.warning("%s of %s: %s", lease.name, lease.video_id, error)
        reason = Reason(code="io_error", message=f"Storage failed: {error.strerror or error}")
        # What is gone will not come back; all else is no fault of the file.
        _settle(lease, Again(reason, lost=not isinstance(error, FileNotFoundError)))
    except Exception as bug:
        logger.exception("%s of %s", lease.name, lease.video_id)
        message = (
            f"A bug ended this stage ({type(bug).__name__}); the worker's log has the details."
        )
        _settle(lease, Failed(Reason(code="internal_error", message=message)))
    finally:
        _discard_unless_kept(lease, workdir)
        _forget_copies()


def _discard_unless_kept(lease: Lease, workdir: Path) -> None:
    """Remove the attempt's files unless the stage's row names them.

    The row is asked, not what settling answered: a commit may have succeeded unheard.
    """
    try:
        if keeps(lease, store.relative(workdir)):
            return
        store.discard(workdir)
        if is_gone(lease):  # a fetch writes beside its attempt too, also while a deletion removes
            store.remove(lease.video_id)
    except (OSError, *TROUBLE):
        logger.warning("%s of %s: its files may be left over", lease.name, lease.video_id)


def _forget_copies() -> None:
    """See now and then that copies of deleted videos go; another machine may have deleted them."""
    global _forgot_at
    if time.monotonic() - _forgot_at > _FORGET_S:
        _forgot_at = time.monotonic()
        with suppress(*TROUBLE):  # another time
            forget_copies()


def _at_hand(lease: Lease, workdir: Path) -> Outcome | None:
    """Return the result that another video with the same bytes has, if there is one."""
    try:
        twin = find_twin(lease)
        if twin is None:
            return None
        if twin.artefact:
            _move(lease, partial(store.link, store.absolute(twin.artefact), workdir))
        outcome = take_over(twin, workdir)
    except (OSError, *TROUBLE, ValidationError) as error:
        logger.warning("%s of %s: nothing taken over: %s", lease.name, lease.video_id, error)
        outcome = None
    except _Cancelled:
        return Cancelled()
    if outcome is None:
        store.discard(workdir)
    return outcome


def _carry_out(lease: Lease, workdir: Path) -> Outcome:
    stage = registry.configured(lease.name, lease.parameters)
    deadline_s = _deadline_s(stage, lease)
    original = [] if lease.source_url else [store.source_path(lease.video_id)]
    artefacts = (*lease.upstream.values(), *lease.parts)
    inputs = [*original, *map(store.absolute, artefacts)]
    try:
        _move(lease, partial(store.bring, inputs))
        workdir.mkdir(parents=True)
        ended = _compute(stage, _request(stage, lease, workdir, deadline_s), lease, deadline_s)
        outcome = _outcome(ended, result_type(type(stage), lease.shard), workdir)
        if isinstance(outcome, Succeeded):
            _move(lease, partial(store.keep, workdir))
    except ChildDied as death:
        if stopping.is_set():  # told to our whole group, to which a child belongs as it is forked
            raise _Stopping from None
        return _crashed(str(death))
    except _Late:
        message = (
            f"It took longer than the {deadline_s:.0f} s that a video of this length may take."
        )
        return Again(Reason(code="deadline_exceeded", message=message))
    except _Cancelled:
        return Cancelled()
    return outcome


def _compute(stage: Stage, request: Request, lease: Lease, deadline_s: float) -> Ended:
    """Have the warm child of the stage's kind run it.

    Whatever goes wrong, the child is thrown away: one that is still at this stage would tell its
    end as that of the next. Likewise after trouble that may be of the process's own making.
    """
    kind = kind_of(stage)
    try:
        child = _children.get(kind, _allowance())
        child.send(request)
        ended = _supervise(child, lease, deadline_s)
    except BaseException:
        _children.discard(kind)
        raise
    if ended.outcome == "transient":
        _children.discard(kind)
    return ended


def _allowance() -> Allowance:
    return Allowance(
        memory_mb=settings.PIPELINE_CHILD_MEMORY_MB,
        file_mb=settings.PIPELINE_CHILD_FILE_MB,
        roots=(store.root(), settings.MODELS_DIR),
    )


def _supervise(child: Child, lease: Lease, deadline_s: float) -> Ended:
    """Follow the child to its end. Raises `ChildDied`, `_Late`, or as `_Watch.tick` does."""
    watch = _Watch(lease)
    late_at = time.monotonic() + deadline_s
    progress = 0.0
    while True:
        for reply in child.replies(timeout_s=_TICK_S):
            if isinstance(reply, Ended):
                return reply
            progress = reply.value
        if time.monotonic() > late_at:
            raise _Late
        watch.tick(progress)


def _move(lease: Lease, move: Callable[[threading.Event], None]) -> None:
    """Have a thread bring or keep files, and follow it to its end.

    Network and disks set its time, not the file: it counts against no deadline.
    Raises what `move` raises, or as `_Watch.tick` does: then the thread is told to stop, and left
    alone where a network that is silent holds it. What it still keeps counts for nothing.
    """
    watch, stop, mover = _Watch(lease), threading.Event(), ThreadPoolExecutor(1)
    moved = mover.submit(move, stop)
    try:
        while not wait([moved], timeout=_TICK_S).done:
            watch.tick()
        moved.result()
    finally:
        stop.set()
        wait([moved], timeout=_FAREWELL_S)
        mover.shutdown(wait=False)


class _Watch:
    """Over a stage at work: renews its lease, and sees when it is to end."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._renewed_at = self._looked_at = self._told = 0.0

    def tick(self, progress: float = 0.0) -> None:
        """Do what is due. Raises `_LeaseLost`, `_Cancelled` or `_Stopping`."""
        pulse.beat()
        now = time.monotonic()
        if stopping.is_set():
            raise _Stopping
        # Progress is worth a write a second; without any, the lease alone wants renewing.
        pause_s = _LOOK_S if progress > self._told else settings.PIPELINE_LEASE_S / 4
        if now - self._renewed_at > pause_s:
            _renew(self._lease, progress)
            self._renewed_at, self._told = now, progress
        if now - self._looked_at > _LOOK_S:
            _look(self._lease)
            self._looked_at = now


def _renew(lease: Lease, progress: float) -> None:
    with _database_may_be_gone(lease):
        if not renew(lease, progress=progress):
            raise _LeaseLost


def _look(lease: Lease) -> None:
    with _database_may_be_gone(lease):
        match standing(lease):
            case Standing.LOST:
                raise _LeaseLost
            case Standing.CANCELLED:
                raise _Cancelled


@contextmanager
def _database_may_be_gone(lease: Lease) -> Iterator[None]:
    """Compute on without it: it may be back before the lease is over, and the token decides."""
    try:
        yield
    except TROUBLE:
        logger.warning("%s of %s: the database does not answer", lease.name, lease.video_id)
        reconnect()


def _settle(lease: Lease, outcome: Outcome) -> None:
    """Settle, waiting out a database that is briefly gone."""
    for attempt in range(_SETTLE_TRIES):
        pulse.beat()
        try:
            settle(lease, outcome)
        except TROUBLE:
            logger.warning("%s of %s: no database to settle in", lease.name, lease.video_id)
            reconnect()
            if stopping.is_set():
                break
            time.sleep(min(10.0, 0.2 * 2**attempt))
        else:
            return
    settle(lease, outcome)


def _outcome(ended: Ended, kind: type, workdir: Path) -> Outcome:
    reason = Reason(code=ended.code, message=ended.message)
    match ended.outcome:
        case "skipped":
            return Skipped(reason)
        case "failed":
            return Failed(reason)
        case "transient":
            return Again(reason, ended.retry_after_s)
        case "crashed":
            return _crashed(ended.message)
    result: Any = results.load(kind, workdir)
    return Succeeded(model=ended.model, artefact=store.relative(workdir), result=result)


def _crashed(how: str) -> Again:
    message = f"The process that ran this stage {how}. Retry, or look into the file."
    return Again(Reason(code="worker_crashed", message=message))


def _request(stage: Stage, lease: Lease, workdir: Path, deadline_s: float) -> Request:
    return Request(
        stage=f"{type(stage).__module__}.{type(stage).__qualname__}",
        parameters=lease.parameters,
        source=str(store.source_path(lease.video_id)),
        source_url=lease.source_url,
        language=lease.language or None,
        workdir=str(workdir),
        partial=str(store.partial_dir(lease.video_id)),
        models_dir=str(settings.MODELS_DIR),
        threads=settings.PIPELINE_THREADS,
        limits=_limits(lease),
        cpu_s=int(deadline_s * settings.PIPELINE_THREADS) + 60,
        upstream=_upstream(lease.upstream),
        shard=lease.shard,
        parts=tuple(str(store.absolute(artefact)) for artefact in lease.parts),
    )


def _limits(lease: Lease) -> Limits:
    return Limits(
        quota_bytes=bytes_left(video_id=lease.video_id) if lease.source_url else None,
        min_free_bytes=settings.MIN_FREE_BYTES,
        duration_ms=settings.MEDIA_MAX_DURATION_S * 1000,
        pixels=settings.MEDIA_MAX_PIXELS,
        streams=settings.MEDIA_MAX_STREAMS,
        frame_rate=settings.MEDIA_MAX_FRAME_RATE,
    )


def _upstream(artefacts: Mapping[str, str]) -> dict[str, str]:
    return {
        registry.stage_type(name).produces.__name__: str(store.absolute(artefact))
        for name, artefact in artefacts.items()
    }


def _deadline_s(stage: Stage, lease: Lease) -> float:
    scaled = stage.deadline_base_s + stage.deadline_per_media_s * lease.duration_ms / 1000
    return min(scaled, settings.PIPELINE_LONGEST_STAGE_S)
