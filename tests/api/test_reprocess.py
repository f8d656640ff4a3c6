"""`/videos/{id}/reprocess`, and what a stage waits for."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from pipeline.models import StageRun
from pipeline.services import announce
from tests import factories
from tests.api.reading import queries_of
from tests.api.test_document import errors
from videos.models import Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/videos"


def completed() -> Video:
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    return video


def post(api: APIClient, video: Video, body: Any = None) -> Any:
    return api.post(f"{URL}/{video.id}/reprocess", body, format="json")


class TestReprocess:
    @pytest.mark.parametrize("body", [None, {}, {"stages": []}, {"stages": ["read_text"]}])
    def test_opens_a_new_run(self, api: APIClient, body: Any) -> None:
        video = completed()

        response = post(api, video, body)

        assert response.status_code == 202
        assert response.json()["status"] == "PROCESSING"
        assert errors("reprocess_video", 202, response.json()) == []
        assert video.runs.count() == 1

    def test_dry_run_tells_and_changes_nothing(self, api: APIClient) -> None:
        video = completed()

        response = post(api, video, {"stages": ["read_text"], "dry_run": True})

        assert response.status_code == 200
        assert errors("reprocess_video", 200, response.json()) == []
        told = {one["name"]: one["reason"] for one in response.json()["would_run"]}
        assert told["read_text"] == "chosen"
        assert told["probe"] == "no result yet"
        assert not video.runs.exists()

    @pytest.mark.parametrize("dry_run", [True, False])
    @pytest.mark.parametrize("status", ["UPLOADED", "PROCESSING"])
    def test_is_refused_before_the_end(self, api: APIClient, status: str, dry_run: bool) -> None:
        video = factories.make_video(status=status)

        response = post(api, video, {"dry_run": dry_run})

        assert response.status_code == 409
        assert response.json()["code"] == "invalid_transition"

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_names_an_unknown_stage(self, api: APIClient, dry_run: bool) -> None:
        video = completed()

        response = post(api, video, {"stages": ["probe", "read_minds"], "dry_run": dry_run})

        assert response.status_code == 400
        assert response.json()["code"] == "unknown_stage"
        assert "read_minds" in response.json()["errors"]["stages"][0]
        assert errors("reprocess_video", 400, response.json()) == []
        video.refresh_from_db()
        assert video.status == Video.Status.COMPLETED

    def test_names_a_stage_that_the_profile_leaves_out(self, api: APIClient) -> None:
        video = factories.make_video(status="COMPLETED", profile="fast")

        response = post(api, video, {"stages": ["read_text"]})

        assert response.status_code == 400
        assert response.json()["code"] == "unknown_stage"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"stages": "probe"}, "stages"),
            ({"stages": ["probe", 7.5]}, "stages.1"),
            ({"dry_run": "perhaps"}, "dry_run"),
            ({"stage": "probe"}, "stage"),
            ([], "non_field_errors"),
        ],
    )
    def test_refuses_other_bodies(self, api: APIClient, body: Any, field: str) -> None:
        response = post(api, completed(), body)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_of_another_workspace_is_not_found(self, api: APIClient) -> None:
        video = factories.make_video(workspace=factories.make_workspace(), status="COMPLETED")

        assert post(api, video).status_code == 404

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_one_wins(self, token: str) -> None:
        video = completed()
        start = threading.Barrier(2)
        statuses: list[int] = []

        def reprocess() -> None:
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            client.get(f"{URL}/{video.id}")  # connects to the database before the race
            start.wait()
            statuses.append(post(client, video).status_code)
            connection.close()

        threads = [threading.Thread(target=reprocess) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Counter(statuses) == {202: 1, 409: 1}
        assert video.runs.count() == 1


class TestOutlook:
    def test_tells_why_each_stage_waits_and_how_long_it_takes(self, api: APIClient) -> None:
        began = timezone.now()
        for name, seconds in (("probe", 1), ("read_text", 9)):
            factories.make_stage_run(
                factories.make_run(completed(), status="SUCCEEDED"),
                name,
                status=StageRun.Status.SUCCEEDED,
                started_at=began,
                finished_at=began + timedelta(seconds=seconds),
            )
        announce("cpu")
        video = factories.make_video(status=Video.Status.PROCESSING)
        factories.make_media(video)
        run = factories.make_run(video)
        factories.make_stage_run(run, "probe", status="QUEUED", queued_at=timezone.now())
        factories.make_stage_run(run, "read_text", needs=["probe"])

        body = api.get(f"{URL}/{video.id}").json()

        assert [stage["waiting_for"] for stage in body["stages"]] == [
            {"code": "queue", "message": "Next, once a worker is free."},
            {"code": "upstream", "message": "Waiting for probe."},
        ]
        assert body["eta_s"] == 10
        assert errors("get_video", 200, body) == []

    def test_costs_a_list_the_same_queries_for_one_and_for_many(self, api: APIClient) -> None:
        announce("cpu")

        def make_open_video() -> None:
            video = factories.make_video(status=Video.Status.PROCESSING)
            factories.make_media(video)
            run = factories.make_run(video)
            factories.make_stage_run(run, "probe", status="QUEUED", queued_at=timezone.now())
            factories.make_stage_run(run, "read_text", needs=["probe"])

        make_open_video()
        api.get(URL)
        one = queries_of(api, URL)
        for _ in range(5):
            make_open_video()

        assert queries_of(api, URL) == one
