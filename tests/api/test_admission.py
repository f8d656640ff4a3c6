"""Quotas and room on the disk: refused before the first byte, and exact where uploads race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from pipeline import services as pipeline
from tests import factories
from tests.api.test_uploads import CONTENT, UNREADABLE, URL, clip, files_below
from videos.models import Video, Workspace
from videos.services import QuotaExceeded, store_stream, video_create


def announce(api: APIClient, length: int) -> Any:
    """Begin an upload of which nothing may be read."""
    return api.generic(
        "POST",
        URL,
        content_type="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(length),
        **UNREADABLE,
    )


def limit(workspace: Workspace, **quotas: int) -> None:
    Workspace.objects.filter(id=workspace.id).update(**quotas)


@pytest.mark.django_db
class TestQuota:
    @pytest.mark.parametrize(
        ("quota", "what"), [({"max_bytes": 10_000}, "bytes"), ({"max_videos": 0}, "videos")]
    )
    def test_is_known_before_the_first_byte(
        self, api: APIClient, workspace: Workspace, quota: dict[str, int], what: str
    ) -> None:
        limit(workspace, **quota)

        answer = announce(api, 500_000)

        assert answer.status_code == 403
        assert answer.json()["code"] == "quota_exceeded"
        assert answer.json()["quota"] == what

    def test_counts_the_true_size_at_the_end(
        self, api: APIClient, workspace: Workspace, media_root: Path
    ) -> None:
        limit(workspace, max_bytes=len(CONTENT) - 1)

        answer = api.post(URL, {"file": clip()})

        assert answer.json()["code"] == "quota_exceeded"
        assert files_below(media_root) == []
        assert not Video.objects.exists()

    def test_lets_in_what_just_fits(self, api: APIClient, workspace: Workspace) -> None:
        limit(workspace, max_bytes=len(CONTENT), max_videos=1, max_open_analyses=1)

        assert api.post(URL, {"file": clip()}).status_code == 202

    def test_counts_its_own_workspace_alone(self, api: APIClient, workspace: Workspace) -> None:
        factories.make_video(workspace=factories.make_workspace())
        limit(workspace, max_videos=1, max_open_analyses=1)

        assert api.post(URL, {"file": clip()}).status_code == 202


@pytest.mark.django_db
class TestOpenAnalyses:
    def test_are_bounded(self, api: APIClient, workspace: Workspace) -> None:
        factories.make_video(status=Video.Status.PROCESSING)
        factories.make_video(status=Video.Status.COMPLETED)
        limit(workspace, max_open_analyses=1)

        answer = announce(api, 500_000)

        assert answer.status_code == 429
        assert answer.json()["code"] == "too_many_videos"
        assert answer["Retry-After"] == "60"  # this server has no history

    def test_advise_to_come_back_when_the_first_of_them_ends(
        self, api: APIClient, workspace: Workspace
    ) -> None:
        limit(workspace, max_open_analyses=1)
        began = timezone.now()
        past = factories.make_video(status=Video.Status.COMPLETED)
        factories.make_media(past, duration_ms=10_000)
        run = factories.make_run(past, status="SUCCEEDED")
        factories.make_stage_run(
            run, status="SUCCEEDED", started_at=began, finished_at=began + timedelta(seconds=20)
        )
        pipeline.announce("cpu")
        others = factories.make_workspace()
        for turn, (owner, duration_ms) in enumerate(
            [(others, 5_000), (workspace, 15_000), (workspace, 1_000)]
        ):
            video = factories.make_video(workspace=owner, status=Video.Status.PROCESSING)
            factories.make_media(video, duration_ms=duration_ms)
            factories.make_stage_run(factories.make_run(video, turn=turn), status="QUEUED")

        answer = announce(api, 500_000)

        assert answer["Retry-After"] == "40"  # twice 5 s of others before it, and 15 s of its own


@pytest.mark.django_db
class TestDisk:
    @pytest.mark.parametrize(("free", "status"), [(1_499_999, 507), (2_000_000, 202)])
    def test_keeps_its_floor(
        self, api: APIClient, settings: Any, media_root: Path, free: int, status: int
    ) -> None:
        settings.MIN_FREE_BYTES = 1_500_000
        with patch(
            "videos.services.admission.shutil.disk_usage", return_value=SimpleNamespace(free=free)
        ):
            answer = api.post(URL, {"file": clip()})

        assert answer.status_code == status
        if status == 507:
            assert answer.json()["code"] == "storage_full"
            assert files_below(media_root) == []

    def test_counts_what_the_upload_would_take(self, api: APIClient, settings: Any) -> None:
        settings.MIN_FREE_BYTES = 1_000_000
        with patch(
            "videos.services.admission.shutil.disk_usage",
            return_value=SimpleNamespace(free=2_000_000),
        ):
            answer = announce(api, 1_500_000)

        assert answer.status_code == 507

    def test_keeps_its_floor_beside_others_that_fill_it(
        self, api: APIClient, settings: Any, media_root: Path
    ) -> None:
        settings.MIN_FREE_BYTES = 1_500_000
        filling = [SimpleNamespace(free=3_000_000), SimpleNamespace(free=1_499_999)]
        with patch("videos.services.admission.shutil.disk_usage", side_effect=filling):
            answer = api.post(URL, {"file": clip()})

        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        assert files_below(media_root) == []


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_for_the_last_places_is_won_by_as_many(self, media_root: Path) -> None:
        limit(factories.default_workspace(), max_videos=3)
        workspace = factories.default_workspace()
        together = Barrier(8)

        def bring(number: int) -> bool:
            upload = store_stream(chunks=[b"%d" % number], filename="a.mp4")
            together.wait()
            try:
                video_create(workspace=workspace, upload=upload)
            except QuotaExceeded:
                return False
            finally:
                upload.discard()
                connections.close_all()
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(bring, range(8)))

        assert sum(won) == 3
        assert Video.objects.count() == 3
        assert len(files_below(media_root)) == 3
