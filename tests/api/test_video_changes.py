"""`/videos/{id}`: change, delete, cancel, retry."""

import threading
from collections import Counter
from typing import Any

import pytest
from rest_framework.test import APIClient

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from tests import factories
from tests.execution.conftest import at_once
from videos.models import Passage, Video

pytestmark = pytest.mark.django_db


URL = "/api/v1/videos"


class TestChange:
    def test_changes_what_is_named_and_nothing_else(self, api: APIClient) -> None:
        video = factories.make_video(metadata={"a": 1})

        response = api.patch(f"{URL}/{video.id}", {"title": "Dusk"}, format="json")

        assert response.status_code == 200
        assert response.json()["title"] == "Dusk"
        assert response.json()["metadata"] == {"a": 1}

    def test_priority_reaches_the_work_not_yet_begun(
        self, api: APIClient, django_capture_on_commit_callbacks: Any
    ) -> None:
        video = factories.make_video()
        run = factories.make_run(video)
        waiting = factories.make_stage_run(run, "probe")
        ended = factories.make_stage_run(run, "read_text", status=StageRun.Status.SUCCEEDED)

        with django_capture_on_commit_callbacks(execute=True):
            api.patch(f"{URL}/{video.id}", {"priority": 9}, format="json")

        waiting.refresh_from_db()
        ended.refresh_from_db()
        assert (waiting.priority, ended.priority) == (9, 5)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": "a\x00"}, "title"),
            ({"title": " " * 250 + "a" * 100}, "title"),
            ({"priority": -1}, "priority"),
            ({"metadata": []}, "metadata"),
            ({"metadata": {"a": "x" * 20_000}}, "metadata"),
            ({"status": "COMPLETED"}, "status"),
            ([], "non_field_errors"),
        ],
    )
    def test_refuses(self, api: APIClient, changes: Any, field: str) -> None:
        video = factories.make_video()

        response = api.patch(f"{URL}/{video.id}", changes, format="json")

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    @pytest.mark.parametrize(
        "body", ["{", "[" * 100_000, '{"title": "\\ud800"}', '{"metadata": {"a": 1e999}}']
    )
    def test_refuses_what_is_no_json_it_can_store(self, api: APIClient, body: str) -> None:
        video = factories.make_video()

        response = api.generic("PATCH", f"{URL}/{video.id}", body, content_type="application/json")

        assert response.status_code == 400

    def test_refuses_a_body_too_large_for_memory(self, api: APIClient) -> None:
        video = factories.make_video()

        response = api.patch(f"{URL}/{video.id}", {"title": "x" * 2_000_000}, format="json")

        assert response.status_code == 413
        assert response.json()["code"] == "request_too_large"


class TestDelete:
    def test_removes_rows_findings_and_files(
        self, api: APIClient, django_capture_on_commit_callbacks: Any
    ) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        stage = factories.make_stage_run(
            factories.make_run(video), status=StageRun.Status.RUNNING, attempt=1
        )
        factories.make_cue(video, stage)
        factories.make_passage(video, "Ships leave.")
        source = store.source_path(video.id)
        source.parent.mkdir(parents=True)
        source.write_bytes(b"video")

        with django_capture_on_commit_callbacks(execute=True):
            response = api.delete(f"{URL}/{video.id}")

        assert response.status_code == 204
        assert not Video.objects.exists()
        assert not StageRun.objects.exists()
        assert not Passage.objects.exists()
        assert not store.video_dir(video.id).exists()
        assert api.delete(f"{URL}/{video.id}").status_code == 404


class TestCancel:
    def test_ends_an_analysis_once(self, api: APIClient) -> None:
        video = factories.make_video()
        factories.make_stage_run(factories.make_run(video), status="QUEUED")

        first = api.post(f"{URL}/{video.id}/cancel")
        second = api.post(f"{URL}/{video.id}/cancel")

        assert first.status_code == 202
        assert first.json()["status"] == "CANCELLED"
        assert second.status_code == 409
        assert second.json()["code"] == "invalid_transition"


class TestRetry:
    def test_opens_a_new_run_of_a_failed_video(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.FAILED)
        factories.make_run(video, status=PipelineRun.Status.FAILED)

        response = api.post(f"{URL}/{video.id}/retry")

        assert response.status_code == 202
        assert response.json()["status"] == "PROCESSING"
        assert response.json()["status_reason"] is None
        assert video.runs.count() == 2

    @pytest.mark.parametrize("status", ["UPLOADED", "PROCESSING", "COMPLETED"])
    def test_is_refused_in_other_states(self, api: APIClient, status: str) -> None:
        video = factories.make_video(status=status)

        response = api.post(f"{URL}/{video.id}/retry")

        assert response.status_code == 409
        assert response.json()["code"] == "invalid_transition"

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_one_wins(self, token: str) -> None:
        video = factories.make_video(status=Video.Status.FAILED)
        start = threading.Barrier(2)

        def retry() -> int:
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            client.get(f"{URL}/{video.id}")  # connects to the database before the race
            start.wait()
            return client.post(f"{URL}/{video.id}/retry").status_code

        statuses = at_once(retry, retry)

        assert Counter(statuses) == {202: 1, 409: 1}
        assert video.runs.count() == 1
