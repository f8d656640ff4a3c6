"""A stage that computes until it may end, so that a test can do things to it meanwhile, and a light one."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline.contract import Context, Stage


@dataclass(frozen=True)
class Waited:
    seconds: float


@dataclass(frozen=True)
class Wait(Stage):
    """Waits until the file `until` exists; without one it ends at once."""

    name: ClassVar[str] = "wait"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Waited

    until: str = ""

    def run(self, ctx: Context) -> Waited:
        started = time.monotonic()
        while self.until and not Path(self.until).exists():
            time.sleep(0.02)
        return Waited(time.monotonic() - started)


@dataclass(frozen=True)
class Glanced:
    size_bytes: int


@dataclass(frozen=True)
class Glance(Stage):
    """Takes no time."""

    name: ClassVar[str] = "glance"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Glanced
    queue: ClassVar[str] = "io"

    def run(self, ctx: Context) -> Glanced:
        return Glanced(ctx.video.source.stat().st_size)
