"""Has a claimed stage computed in the warm child process of its kind, and ends that where it must."""

import shutil
import time

from django.conf import settings

from pipeline import store
from pipeline.contract import Stage
from pipeline.device import gpus
from pipeline.messages import Ended, Progress, Request, kind_of
from pipeline.oversight import TICK_S, Watch
from pipeline.services import Lease, book_tokens
from pipeline.supervisor import Allowance, Child, Children

_children = Children()

# Of what uploads leave free, stages may fill all but a quarter.
_KEPT_FROM_STAGES = 4


class Full(Exception):
    """The disk has hardly any room left."""


class Late(Exception):
    """The deadline is over."""


def discard_children() -> None:
    """End the children that this process has."""
    _children.discard_all()


def compute(stage: Stage, request: Request, lease: Lease, allowed_s: float) -> Ended:
    """Have the warm child of the stage's kind run it.

    Whatever goes wrong, the child is thrown away: one that is still at this stage would tell its
    end as that of the next. Likewise after trouble that may be of the process's own making.
    Raises `ChildDied`, `Late` after `allowed_s`, `Full`, or as `Watch.tick` does.
    """
    kind = kind_of(stage)
    try:
        child = _children.get(kind, _allowance())
        child.send(request)
        ended = _supervise(child, stage, lease, allowed_s)
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
        models_file=settings.MODELS_FILE,
        devices=gpus(),
    )


def _supervise(child: Child, stage: Stage, lease: Lease, allowed_s: float) -> Ended:
    """Follow the child to its end. Raises as `compute` does."""
    watch = Watch(lease)
    late_at = time.monotonic() + allowed_s
    progress = 0.0
    while True:
        for reply in child.replies(timeout_s=TICK_S):
            if isinstance(reply, Ended):
                return reply
            if isinstance(reply, Progress):
                progress = reply.value
            elif stage.asks_llm:  # a decoder that a file took over cannot spend anything
                book_tokens(video_id=lease.video_id, tokens=reply.tokens)
        if time.monotonic() > late_at:
            raise Late
        if shutil.disk_usage(store.root()).free < settings.MIN_FREE_BYTES // _KEPT_FROM_STAGES:
            raise Full  # a database that cannot write any more stops
        watch.tick(progress)
