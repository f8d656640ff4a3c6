"""A stage that names shards, one that is split by them, and one that uses what is joined."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline.contract import Context, SplitStage, Stage
from pipeline.errors import NotApplicable, StageError
from pipeline.results import Shard, Sharded

LENGTH_MS = 1000


@dataclass(frozen=True)
class Pieces(Sharded):
    pass


@dataclass(frozen=True)
class Piece:
    start_ms: int
    pid: int


@dataclass(frozen=True)
class Joined:
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Used:
    count: int


@dataclass(frozen=True)
class Cut(Stage):
    name: ClassVar[str] = "cut"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Pieces

    shards: int = 3

    def run(self, ctx: Context) -> Pieces:
        starts = range(0, self.shards * LENGTH_MS, LENGTH_MS)
        return Pieces(tuple(Shard(start, start + LENGTH_MS) for start in starts))


@dataclass(frozen=True)
class Share(SplitStage):
    name: ClassVar[str] = "share"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Joined
    needs: ClassVar[tuple[type, ...]] = (Pieces,)
    split_by: ClassVar[type[Sharded]] = Pieces
    part: ClassVar[type] = Piece

    act: str = "fail"
    marker: str = ""
    """While this file is there, the second shard does what `act` says; "join": joining fails."""

    def run_part(self, ctx: Context, shard: Shard) -> Piece:
        ctx.report(0.5)
        if shard.start_ms == LENGTH_MS and Path(self.marker).is_file():
            match self.act:
                case "fail":
                    raise StageError("not_media", "It is no sound.")
                case "skip":
                    raise NotApplicable("no_speech", "Nobody speaks.")
                case "crash":
                    os.kill(os.getpid(), signal.SIGSEGV)
        return Piece(shard.start_ms, os.getpid())

    def join(self, ctx: Context, parts: Sequence[Piece]) -> Joined:
        if self.act == "join" and Path(self.marker).is_file():
            raise StageError("not_media", "It is no whole.")
        return Joined(tuple(parts))


@dataclass(frozen=True)
class Use(Stage):
    name: ClassVar[str] = "use"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Used
    needs: ClassVar[tuple[type, ...]] = (Joined,)

    def run(self, ctx: Context) -> Used:
        return Used(len(ctx.get(Joined).pieces))
