"""A video whose second stage is split, and its parts as tests see them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipeline import computation, registry, results, runner, store
from pipeline.models import StageRun
from pipeline.results import Shard
from pipeline.services import (
    Lease,
    Succeeded,
    settle,
)
from tests.execution.conftest import claimed, make_started_video
from tests.execution.shards import LENGTH_MS, Joined, Piece, Pieces
from videos.models import Video

PIECES = Pieces(tuple(Shard(n * LENGTH_MS, (n + 1) * LENGTH_MS) for n in range(20)))
Configure = Callable[..., None]


@pytest.fixture
def share(settings: Any, tmp_path: Path) -> Iterator[Configure]:
    """Set how many shards there are and what the second does while the file `marker` is there."""

    def configure(*, shards: int = 3, act: str = "fail") -> None:
        settings.PIPELINE_STAGES = {
            "tests.execution.shards.Cut": {"shards": shards},
            "tests.execution.shards.Share": {"act": act, "marker": str(tmp_path / "marker")},
            "tests.execution.shards.Use": {},
        }
        settings.PIPELINE_PROFILES = {"standard": {name: {} for name in ("cut", "share", "use")}}
        registry.stages.cache_clear()

    configure()
    yield configure
    computation.discard_children()
    registry.stages.cache_clear()


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that makes the second shard go wrong as long as it is there."""
    path = tmp_path / "marker"
    path.touch()
    return path


def rows(video: Video, name: str = "share") -> list[StageRun]:
    """Return the newest run's row of a stage and those of its parts, by shard."""
    run = video.runs.latest("created_at")
    return list(run.stages.filter(name=name).order_by("shard"))


def statuses(video: Video) -> list[str]:
    return [row.status for row in rows(video)]


def split(**values: Any) -> Video:
    """A video whose shards were named: parts are queued."""
    video = make_started_video(**values)
    runner.run_one("cpu")
    return video


def joined(video: Video) -> list[int]:
    found = results.load(Joined, store.absolute(rows(video)[0].artefact))
    return [piece.start_ms for piece in found.pieces]


def done(lease: Lease) -> bool:
    piece = Piece(LENGTH_MS * (lease.shard - 1), 1)
    return settle(lease, Succeeded(model="", artefact="", result=piece))


def serve(count: int) -> list[UUID]:
    """Carry out as many stages and return the runs they were of."""
    served = []
    for _ in range(count):
        lease = claimed()
        served.append(lease.run_id)
        if lease.name == "cut":
            settle(lease, Succeeded(model="", artefact="", result=PIECES))
        else:
            done(lease)
    return served
