"""Carries out one stage: claims it, has a child process compute it, and settles.

The worker that runs this loads no AI library, ever: it forks, and native code does not survive
that. What computes can be killed at any moment, and is: when it is late, when its lease is lost,
when the worker stops.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from msgspec import ValidationError

from pipeline import oversight, registry, results, store
from pipeline.computation import Full, Late, compute
from pipeline.contract import ATTACHED, result_type
from pipeline.database import TROUBLE, reconnect
from pipeline.messages import Ended
from pipeline.oversight import LeaseLost, Stopping, Unwanted, follow, stopping
from pipeline.request import deadline_s, request_for
from pipeline.results import Fetched
from pipeline.services import (
    Again,
    Cancelled,
    Declined,
    Failed,
    Lease,
    Outcome,
    Outdated,
    Skipped,
    Succeeded,
    attachment,
    claim,
    find_twin,
    forget_copies,
    hand_back,
    is_gone,
    keeps,
    settle,
    take_over,
)
from pipeline.supervisor import ChildDied
from videos.lifecycle import Reason

logger = logging.getLogger(__name__)

_SETTLE_TRIES = 8
_FORGET_S = 600.0
# For others to take what this worker's code is too old for, and for it to look at nothing more: one
# that somebody forgot would put off all that waits, over and over.
_OLD_CODE_S, _STEP_BACK_S = 10.0, 1.0
_forgot_at = 0.0


def run_one(queue: str) -> None:
    """Take one ready stage of `queue` to its end; nothing ready is fine."""
    if stopping.is_set():
        return  # this message is spent: the cluster's last act is to ring for what it left
    oversight.pulse.beat()
    lease = claim(queue=queue, worker=f"{socket.gethostname()}:{os.getpid()}")
    if lease is None:
        return
    workdir = store.artefact_dir(lease.video_id, lease.name, lease.token)
    try:
        with store.hold(lease.video_id):
            outcome = _out_of_step(lease) or _at_hand(lease, workdir)
            _settle(lease, outcome or _carry_out(lease, workdir))
        if isinstance(outcome, Declined):
            time.sleep(_STEP_BACK_S)
    except LeaseLost:
        logger.warning("%s of %s: lease lost, result discarded", lease.name, lease.video_id)
    except Stopping:
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


def _out_of_step(lease: Lease) -> Outcome | None:
    """Return what becomes of a stage whose plan is of other code than this worker's, if it is.

    One half done by older code cannot be gone on with: results may look otherwise by now, and
    what is found would be called what it is not.
    """
    for name, planned in lease.versions.items():
        if planned < (version := registry.version(name)) or not version:
            logger.warning("%s of %s: planned anew by this code", lease.name, lease.video_id)
            return Outdated()
        if planned > version:
            message = (
                f"This worker's {name} is of version {version}, and {planned} is wanted. Update it."
            )
            return Declined(Reason(code="worker_outdated", message=message), _OLD_CODE_S)
    try:
        registry.configured(lease.name, lease.parameters)
    except (TypeError, ValueError):  # it takes other parameters now
        logger.warning("%s of %s: planned anew by this code", lease.name, lease.video_id)
        return Outdated()
    return None


def _at_hand(lease: Lease, workdir: Path) -> Outcome | None:
    """Return the result that another video with the same bytes has, if there is one."""
    try:
        twin = find_twin(lease)
        if twin is None:
            return None
        if twin.artefact:
            follow(lease, partial(store.link, store.absolute(twin.artefact), workdir))
        outcome = take_over(twin, workdir)
    except (OSError, *TROUBLE, ValidationError) as error:
        logger.warning("%s of %s: nothing taken over: %s", lease.name, lease.video_id, error)
        outcome = None
    except Unwanted:
        return Cancelled()
    if outcome is None:
        store.discard(workdir)
    return outcome


def _carry_out(lease: Lease, workdir: Path) -> Outcome:
    stage = registry.configured(lease.name, lease.parameters)
    allowed_s = deadline_s(stage, lease)
    original = [] if lease.source_url else [store.source_path(lease.video_id)]
    artefacts = (*lease.upstream.values(), *lease.parts)
    inputs = [*original, *map(store.absolute, artefacts)]
    try:
        follow(lease, partial(store.bring, inputs))
        workdir.mkdir(parents=True)
        if stage.attached and (content := attachment(lease)):
            (workdir / ATTACHED).write_bytes(content)
        ended = compute(stage, request_for(stage, lease, workdir), lease, allowed_s)
        outcome = _outcome(ended, result_type(type(stage), lease.shard), workdir)
        if isinstance(outcome, Succeeded):
            follow(lease, _keeping(workdir, outcome.result))
    except ChildDied as death:
        if stopping.is_set():  # told to our whole group, to which a child belongs as it is forked
            raise Stopping from None
        return _crashed(str(death))
    except Late:
        message = f"It took longer than the {allowed_s:.0f} s that a video of this length may take."
        return Again(Reason(code="deadline_exceeded", message=message))
    except Full:
        message = "This server's disk is full but for what its database needs."
        return Again(Reason(code="storage_full", message=message))
    except Unwanted:
        return Cancelled()
    return outcome


def _keeping(workdir: Path, result: Any) -> Callable[[Event], None]:
    """Return what keeps the attempt's files, a fetched one as the original and nowhere else."""
    if isinstance(result, Fetched):
        original = workdir / result.file
        return partial(store.keep, workdir, source=original, sha256=result.checksum_sha256)
    return partial(store.keep, workdir)


def _settle(lease: Lease, outcome: Outcome) -> None:
    """Settle, waiting out a database that is briefly gone."""
    for attempt in range(_SETTLE_TRIES):
        oversight.pulse.beat()
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
