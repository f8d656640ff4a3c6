"""A pipeline of stages that fail on demand, and a way to work it off in this process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone

from pipeline import computation, registry, runner, store
from pipeline.models import StageRun
from pipeline.services import Lease, claim, start
from tests import factories
from tests.execution.fetched import CONTENT, with_fetch
from tests.patience import until
from tests.serving import Served, serving
from videos.models import Video

T = TypeVar("T")
Configure = Callable[..., None]
_PATHS = {"first": "Act", "second": "Needs", "third": "Wants"}


@pytest.fixture
def stages(settings: Any) -> Iterator[Configure]:
    """Set what the three stages do: `stages(first="crash")`; the rest succeeds."""

    def configure(**acts: Any) -> None:
        settings.PIPELINE_STAGES = {
            f"tests.execution.faults.{cls}": _parameters(acts.get(name, "succeed"))
            for name, cls in _PATHS.items()
        }
        settings.PIPELINE_PROFILES = {"standard": {name: {} for name in _PATHS}}
        registry.stages.cache_clear()

    configure()
    yield configure
    computation.discard_children()
    registry.stages.cache_clear()


@pytest.fixture
def still(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes for leases and pauses, however long the test takes: only it ends them."""
    settings.PIPELINE_LEASE_S = 3600
    monkeypatch.setattr("pipeline.services.ends.backoff_s", lambda _: 3600.0)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file whose existence lets stages end."""
    return tmp_path / "gate"


@pytest.fixture
def lease_s() -> int:
    """Seconds; a worker that has no processor for so long, less a second, loses its stage."""
    return 4


@pytest.fixture
def waiting(
    workers_environment: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    gate: Path,
    lease_s: int,
) -> Iterator[None]:
    """Videos have one stage, which waits for the gate; so it is in processes that a test starts."""
    settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {"until": str(gate)}}
    settings.PIPELINE_PROFILES = {"standard": {"wait": {}}}
    registry.stages.cache_clear()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.execution.waiting_settings")
    monkeypatch.setenv("PIPELINE_LEASE_S", str(lease_s))
    yield
    registry.stages.cache_clear()


@pytest.fixture
def served(stages: Configure, settings: Any) -> Iterator[Served]:
    """A server on loopback from which the pipeline may fetch."""
    settings.FETCH_ALLOW = ["127.0.0.1"]
    settings.PIPELINE_QUEUES = ["cpu"]
    with_fetch(settings)
    with serving(CONTENT) as served:
        yield served


@pytest.fixture
def video(stages: Configure) -> Video:
    """A video whose first run was opened."""
    return make_started_video()


def make_started_video(**values: Any) -> Video:
    video = factories.make_video(**values)
    store.video_dir(video.id).mkdir(parents=True)
    store.source_path(video.id).write_bytes(b"bytes")
    start(video=video)
    return video


def stage(video: Video, name: str) -> StageRun:
    """Return the stage of the newest run, as the database has it now."""
    found: StageRun = StageRun.objects.filter(run__video=video, name=name).latest("run__created_at")
    return found


def claimed(queue: str = "cpu") -> Lease:
    """Claim the next stage, as a worker does."""
    lease = claim(queue=queue, worker="w")
    assert lease
    return lease


def expire() -> None:
    """Let the time of all leases be over."""
    StageRun.objects.filter(status="RUNNING").update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )


def end_pauses() -> None:
    """Let the time of all pauses before another try be over."""
    StageRun.objects.filter(status="QUEUED").update(run_after=None)


def work_off(video: Video, *, most: int = 20) -> Video:
    """Carry out stages until the video has ended."""
    for _ in range(most):
        video.refresh_from_db()
        if video.status not in (Video.Status.UPLOADED, Video.Status.PROCESSING):
            return video
        end_pauses()
        runner.run_one("cpu")
    raise AssertionError(f"the video is still {video.status} after {most} stages")


@contextmanager
def once_running(video: Video, act: Callable[[], object]) -> Iterator[None]:
    """Act as soon as a stage of the video is at work, from a thread of its own."""

    def wait_and_act() -> None:
        try:
            until(StageRun.objects.filter(run__video=video, status="RUNNING").exists)
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(wait_and_act)
        yield
        acting.result()


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make the calls at once, each in a thread with a database connection of its own."""

    def make(call: Callable[[], T]) -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def _parameters(act: str | dict[str, str]) -> dict[str, str]:
    return {"act": act} if isinstance(act, str) else act
