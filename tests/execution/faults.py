"""Stages that go wrong in the ways that real ones do, and the results they would make."""

import os
import signal
import time
from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable, StageError, TransientError

_RAISED = {
    "skip": NotApplicable("no_audio", "There is no sound."),
    "fail": StageError("not_media", "It is no video."),
    "stumble": TransientError("disk_full", "The disk is full for a moment."),
    "bug": KeyError("what nobody thought of"),
}


@dataclass(frozen=True)
class First:
    forked_from: int


@dataclass(frozen=True)
class Second:
    forked_from: int


@dataclass(frozen=True)
class Third:
    forked_from: int


@dataclass(frozen=True)
class Act(Stage):
    """Does what its parameter says."""

    name: ClassVar[str] = "first"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = First

    act: str = "succeed"
    marker: str = ""
    """Tells one set of parameters from another."""

    def run(self, ctx: Context) -> object:
        if self.act in _RAISED:
            raise _RAISED[self.act]
        match self.act:
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
                time.sleep(600)
            case "eat":
                return bytearray(1 << 40)
            case "slow":
                for tenth in range(10):
                    ctx.report(tenth / 10)
                    time.sleep(0.05)
        (ctx.workdir / "kept.txt").write_text(self.name)
        return self.produces(os.getppid())


@dataclass(frozen=True)
class Needs(Act):
    name: ClassVar[str] = "second"
    produces: ClassVar[type] = Second
    needs: ClassVar[tuple[type, ...]] = (First,)


@dataclass(frozen=True)
class Wants(Act):
    name: ClassVar[str] = "third"
    produces: ClassVar[type] = Third
    wants: ClassVar[tuple[type, ...]] = (Second,)
