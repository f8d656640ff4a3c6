"""Machines that share PostgreSQL and a bucket, and no folder."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipeline.fleet import Fleet
from pipeline.models import StageRun
from tests import clips
from tests.patience import until
from tests.storage.files import kept
from tests.storage.server import Line, Server

pytestmark = pytest.mark.django_db(transaction=True)

_SETTINGS = ("BUCKET", "PREFIX", "ENDPOINT_URL", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")


@pytest.fixture
def line(bucket: Server) -> Iterator[Line]:
    """The line by which the machines reach the bucket."""
    with Line(bucket) as line:
        yield line


@pytest.fixture
def machines(
    line: Line,
    workers_environment: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[Fleet]]:
    """Two machines: what one finds light the other needs for what is heavy, and back."""
    for name in _SETTINGS:
        monkeypatch.setenv(f"S3_{name}", getattr(settings, f"S3_{name}"))
    monkeypatch.setenv("S3_ENDPOINT_URL", line.url)
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)
    with ExitStack() as stack:
        fleets = []
        for queue in ("io", "cpu"):
            machine = tmp_path / queue
            monkeypatch.setenv("VAR_DIR", str(machine))
            monkeypatch.setenv("MEDIA_ROOT", str(machine / "media"))
            monkeypatch.setenv("MODELS_DIR", str(settings.MODELS_DIR))
            fleets.append(stack.enter_context(Fleet({queue: ["work", "--queue", queue]})))
        yield fleets


class TestMachines:
    def test_work_together_through_the_bucket_alone(
        self, machines: list[Fleet], line: Line, api: APIClient, tmp_path: Path
    ) -> None:
        """And go on after it was away."""
        clips.no_sound(tmp_path / "clip.mp4")
        content = (tmp_path / "clip.mp4").read_bytes()

        line.cut()
        first = _upload(api, content)
        _until(machines, StageRun.objects.filter(losses__gte=1).exists)
        line.mend()
        ended = _ended(machines, api, first)

        assert ended["status"] == "COMPLETED", ended
        assert len({row.worker for row in StageRun.objects.exclude(worker="")}) >= 2
        for machine in ("io", "cpu"):
            assert list((tmp_path / machine / "media" / "videos").iterdir())
        assert not (settings.MEDIA_ROOT / "videos" / first["id"] / "artefacts").exists()
        assert api.get(f"{ended['url']}/poster.jpg").status_code == 302
        again = _ended(machines, api, _upload(api, content))
        done = [stage for stage in again["stages"] if stage["status"] == "SUCCEEDED"]
        assert all(stage["reused"] for stage in done), again
        for video in (ended, again):
            assert api.delete(video["url"]).status_code == 204
        assert kept() == set()


def _upload(api: APIClient, content: bytes) -> dict[str, Any]:
    response = api.post("/api/v1/videos", {"file": SimpleUploadedFile("clip.mp4", content)})
    assert response.status_code == 202, response.content
    answer: dict[str, Any] = response.json()
    return answer


def _ended(machines: list[Fleet], api: APIClient, video: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def ended() -> bool:
        seen.update(api.get(video["url"]).json())
        return seen["status"] not in {"UPLOADED", "PROCESSING"}

    _until(machines, ended)
    return seen


def _until(machines: list[Fleet], done: Any) -> None:
    def tend() -> None:
        for machine in machines:
            machine.tend()

    until(done, meanwhile=tend)
