"""A redacted copy through real workers, one of which is killed at it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipeline import store
from pipeline.fleet import Fleet, crew
from pipeline.models import StageRun
from tests import clips
from tests.chaos.held import HELD, hold
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)

_SHOTS_MS = (600, 600)


class TestARedactedCopy:
    def test_is_made_though_its_worker_is_killed_and_goes_when_deleted(
        self,
        workers_environment: None,
        monkeypatch: pytest.MonkeyPatch,
        api: APIClient,
        tmp_path: Path,
    ) -> None:
        monkeypatch.setenv("PIPELINE_LEASE_S", "2")
        (tmp_path / "holds").mkdir()
        monkeypatch.setenv("HOLDS", str(tmp_path / "holds"))
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.chaos.held_settings")
        held = hold(tmp_path / "holds", "redact", "claimed")
        held.touch()
        clips.write(tmp_path / "clip.mp4", clips.shots(_SHOTS_MS), tone_s=sum(_SHOTS_MS) / 1000)
        file = SimpleUploadedFile("clip.mp4", (tmp_path / "clip.mp4").read_bytes())
        video = api.post("/api/v1/videos", {"file": file, "profile": "fast"}).json()
        with Fleet(crew(sweep_every_s=1)) as fleet:

            def wait_for(look: Callable[[], Any]) -> Any:
                return until(look, meanwhile=fleet.tend)

            wait_for(lambda: api.get(video["url"]).json()["media"])
            asked = api.post(f"{video['url']}/renditions", {"kind": "redacted"}, format="json")
            at_it = StageRun.objects.filter(name="redact", status="RUNNING")
            worker = wait_for(at_it.first).worker
            wait_for(lambda: list(store.artefacts_dir(UUID(video["id"])).glob(f"redact-*/{HELD}")))
            os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)
            held.unlink()
            copy = wait_for(lambda: _ended(api.get(asked.json()["url"]).json()))
            # The copy is told of from the commit on; files of attempts that died go after it.
            wait_for(lambda: len(_attempts(video["id"])) == 1)

        assert copy["status"] == "ready", copy
        assert StageRun.objects.get(name="redact").losses >= 1  # more where the machine is slow
        (tmp_path / "copy.mp4").write_bytes(b"".join(api.get(copy["links"]["file"])))
        with av.open(tmp_path / "copy.mp4") as made:
            assert [stream.codec_context.name for stream in made.streams] == ["h264", "aac"]
            assert made.duration is not None
            assert abs(made.duration / 1000 - sum(_SHOTS_MS)) < 100
        assert api.delete(copy["url"]).status_code == 204
        assert _attempts(video["id"]) == []


def _ended(rendition: dict[str, Any]) -> dict[str, Any] | None:
    return rendition if rendition["status"] in ("ready", "failed") else None


def _attempts(video_id: str) -> list[str]:
    """Return what there are files of at `redact`."""
    names = (path.name for path in store.attempts(UUID(video_id)))
    return [name for name in names if name.startswith("redact-")]
