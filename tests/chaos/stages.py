"""Four small stages that do what the video's file says: `{"act": …, "work_s": …}`."""

import ctypes
import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipeline import results
from pipeline.contract import Context, SplitStage, Stage
from pipeline.errors import TransientError

PARTS = 3
_PART_MS = 1000
_BLOCK = 16 << 20
_LEAKED = 256 << 20


@dataclass(frozen=True)
class Opened(results.Sharded):
    act: str
    work_s: float


@dataclass(frozen=True)
class Word:
    start_ms: int


@dataclass(frozen=True)
class Heard:
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Joined:
    shots: int
    words: int


@dataclass(frozen=True)
class Open(Stage):
    """Reads what is to happen; a hiccup passes at the second try."""

    name: ClassVar[str] = "open"
    network: ClassVar[bool] = True
    version: ClassVar[int] = 1
    queue: ClassVar[str] = "io"
    produces: ClassVar[type] = Opened

    def run(self, ctx: Context) -> Opened:
        told = json.loads(ctx.video.source.read_text())
        if told["act"] == "hiccup" and _first_time(ctx):
            raise TransientError("disk_full", "The disk is full for a moment.")
        _work(ctx, told["work_s"])
        starts = range(0, PARTS * _PART_MS, _PART_MS)
        shards = tuple(results.Shard(start, start + _PART_MS) for start in starts)
        return Opened(shards=shards, act=told["act"], work_s=told["work_s"])


@dataclass(frozen=True)
class Cut(Stage):
    """Finds three shots, unless the file crashes it: every time, or by leaking once."""

    name: ClassVar[str] = "cut"
    network: ClassVar[bool] = True
    version: ClassVar[int] = 1
    produces: ClassVar[type] = results.Shots
    needs: ClassVar[tuple[type, ...]] = (Opened,)

    def run(self, ctx: Context) -> results.Shots:
        opened = ctx.get(Opened)
        if opened.act == "poison":
            ctypes.string_at(0)
        if opened.act == "leak" and _first_time(ctx):
            _leak()
        _work(ctx, opened.work_s)
        return results.Shots(
            tuple(_shot(ctx, index) for index in range(3)), results.Coverage(3, 1000)
        )


@dataclass(frozen=True)
class Listen(SplitStage):
    """Done in parts, of which the second crashes or, at the first try, hangs to its deadline."""

    name: ClassVar[str] = "listen"
    network: ClassVar[bool] = True
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Heard
    needs: ClassVar[tuple[type, ...]] = (Opened,)
    split_by: ClassVar[type[results.Sharded]] = Opened
    part: ClassVar[type] = Word
    deadline_base_s: ClassVar[int] = 10

    def run_part(self, ctx: Context, shard: results.Shard) -> Word:
        opened = ctx.get(Opened)
        if shard.start_ms == _PART_MS:
            if opened.act == "poison_part":
                ctypes.string_at(0)
            if opened.act == "hang" and _first_time(ctx):
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
                time.sleep(600)
        _work(ctx, opened.work_s / PARTS)
        return Word(shard.start_ms)

    def join(self, ctx: Context, parts: Sequence[Word]) -> Heard:
        return Heard(tuple(parts))


@dataclass(frozen=True)
class Join(Stage):
    """Puts both together; the shots may be missing."""

    name: ClassVar[str] = "join"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Joined
    needs: ClassVar[tuple[type, ...]] = (Heard,)
    wants: ClassVar[tuple[type, ...]] = (results.Shots,)

    def run(self, ctx: Context) -> Joined:
        found = ctx.find(results.Shots)
        return Joined(len(found.shots) if found else 0, len(ctx.get(Heard).words))


def _first_time(ctx: Context) -> bool:
    """Tell whether nobody has asked for this video before.

    The note outlives its attempt. Only stages with `network` may write there.
    """
    try:
        ctx.video.source.with_name("tried").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _work(ctx: Context, seconds: float) -> None:
    for step in range(10):
        ctx.report(step / 10)
        time.sleep(seconds / 10)


def _leak() -> None:
    """Take memory until the kernel would have enough of it, and die as it kills."""
    kept = bytearray()
    while len(kept) < _LEAKED:
        kept += b"x" * _BLOCK
    os.kill(os.getpid(), signal.SIGKILL)


def _shot(ctx: Context, index: int) -> results.Shot:
    (ctx.workdir / f"{index}.jpg").write_bytes(b"\xff\xd8")
    return results.Shot(
        index=index,
        start_ms=index * 1000,
        end_ms=(index + 1) * 1000,
        keyframe_ms=index * 1000,
        keyframe=f"{index}.jpg",
        confidence=None if index == 0 else 0.9,
    )
