"""Media that browsers cannot play as they are: a copy is asked for, and played once it is there."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from pipeline.stages.make_proxy import MakeProxy
from tests import factories
from tests.api.reading import url
from videos.models import Video

pytestmark = pytest.mark.django_db


class TestProxy:
    def unplayable(self, **values: Any) -> Video:
        video = factories.make_video(status=Video.Status.COMPLETED)
        factories.make_media(video, container="mpegts", **values)
        return video

    def test_is_asked_for_once(self, api: APIClient) -> None:
        video = self.unplayable()

        for _ in range(2):
            response = api.get(url(video, "media"))

            assert response.status_code == 202
            assert response["Retry-After"] == "3"
            assert response.json()["code"] == "proxy_pending"
        assert video.runs.filter(rendition__kind="proxy").count() == 1

    def test_is_played_once_it_exists(self, api: APIClient, media_root: Path) -> None:
        video = self.unplayable()
        run = factories.make_run(video, status="SUCCEEDED")
        row = factories.make_rendition(
            video,
            factories.make_stage_run(run, "make_proxy", status="SUCCEEDED"),
            "proxy",
            content_type="video/mp4",
        )
        (media_root / row.path).parent.mkdir(parents=True)
        (media_root / row.path).write_bytes(b"proxy")

        response = api.get(url(video, "media"))

        assert response.status_code == 200
        assert response["Content-Type"] == "video/mp4"
        assert b"".join(response) == b"proxy"

    @pytest.mark.parametrize(
        ("status", "run_status", "code"),
        [
            ("FAILED", "FAILED", "no_decodable_picture"),
            ("FAILED", "FAILED", "out_of_memory"),
            ("SKIPPED", "SUCCEEDED", "no_video"),
        ],
    )
    def test_that_cannot_be_made_is_not_asked_for_again(
        self, api: APIClient, status: str, run_status: str, code: str
    ) -> None:
        video = self.unplayable()
        self.ended(video, status, run_status, code, ago_s=3600)

        response = api.get(url(video, "media"))

        assert response.status_code == 404
        assert response.json()["code"] == "not_playable"
        assert "?original=true" in response.json()["detail"]
        assert video.runs.count() == 1

    @pytest.mark.parametrize(
        "code", ["disk_full", "io_error", "worker_crashed", "worker_lost", "deadline_exceeded"]
    )
    def test_that_failed_in_passing_is_asked_for_once_a_minute(
        self, api: APIClient, code: str
    ) -> None:
        soon, later = self.unplayable(), self.unplayable()
        self.ended(soon, "FAILED", "FAILED", code, ago_s=50)
        self.ended(later, "FAILED", "FAILED", code, ago_s=70)

        refused, begun = api.get(url(soon, "media")), api.get(url(later, "media"))

        assert refused.status_code == 404
        assert "It ended." in refused.json()["detail"]
        assert "?original=true" in refused.json()["detail"]
        assert soon.runs.count() == 1
        assert begun.status_code == 202
        assert later.runs.count() == 2

    def test_that_an_older_version_refused_is_asked_for_again(self, api: APIClient) -> None:
        video = self.unplayable()
        self.ended(video, "SKIPPED", "SUCCEEDED", "no_video", ago_s=3600, version=1)

        assert api.get(url(video, "media")).status_code == 202
        assert video.runs.count() == 2

    def ended(
        self,
        video: Video,
        status: str,
        run_status: str,
        code: str,
        *,
        ago_s: int,
        version: int = MakeProxy.version,
    ) -> None:
        run = factories.make_run(
            video,
            rendition=factories.make_rendition(video, None, "proxy"),
            status=run_status,
            finished_at=timezone.now() - timedelta(seconds=ago_s),
        )
        reason = {"code": code, "message": "It ended."}
        factories.make_stage_run(run, "make_proxy", status=status, reason=reason, version=version)

    def test_waits_for_the_probe(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)

        assert api.get(url(video, "media")).status_code == 202
        assert not video.runs.exists()

    def test_of_what_is_no_video_is_not_playable(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.FAILED)

        response = api.get(url(video, "media"))

        assert response.status_code == 404
        assert response.json()["code"] == "not_playable"
