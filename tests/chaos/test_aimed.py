"""A kill at each of a few stages in every run of the suite; `make chaos` aims at all of them."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import computation, registry
from tests import clips, factories
from tests.chaos.aiming import Aim, complaints
from tests.chaos.compared import snapshot
from tests.execution.conftest import work_off
from videos.models import Video
from videos.services import video_create
from videos.services.uploads import store_stream

_STAGES = {"Probe": "probe", "SampleFrames": "sample_frames", "DetectShots": "detect_shots"}


@pytest.fixture
def _held(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The server's own first stages, which can be held."""
    (tmp_path / "holds").mkdir()
    monkeypatch.setenv("HOLDS", str(tmp_path / "holds"))
    settings.PIPELINE_STAGES = {f"tests.chaos.held.{stage}": {} for stage in _STAGES}
    settings.PIPELINE_PROFILES = {"standard": {name: {} for name in _STAGES.values()}}
    settings.PIPELINE_QUEUES = ["cpu"]
    registry.stages.cache_clear()
    yield
    computation.discard_children()
    registry.stages.cache_clear()


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    path = tmp_path / "clip.mp4"
    clips.write(path, clips.shots((800, 600)))
    return path.read_bytes()


def taken_in(clip: bytes) -> Video:
    """Return a video in a workspace of its own: what others found of the same bytes is not its."""
    upload = store_stream(chunks=[clip], filename="clip.mp4")
    return video_create(workspace=factories.make_workspace(), upload=upload)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_held")
class TestAKill:
    def test_of_each_stages_process_costs_an_attempt_and_nothing_else(self, clip: bytes) -> None:
        unharmed = {"analysis": snapshot(work_off(taken_in(clip)))}
        aim = Aim(dict.fromkeys(_STAGES.values(), "child"), random.Random(1))
        aim.at(_STAGES.values())
        video, over = taken_in(clip), threading.Event()

        def strike() -> None:
            while not over.wait(0.01):
                aim.strike(video)

        striker = threading.Thread(target=strike)
        striker.start()
        try:
            work_off(video)
        finally:
            over.set()
            striker.join()

        assert complaints(unharmed, video, {"analysis": snapshot(video)}, aim) == []
        assert aim.hit.keys() == set(_STAGES.values())
