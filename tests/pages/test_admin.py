"""The operators' console: every page, stages, workspaces."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipeline.models import PipelineRun, StageRun
from tests import factories
from videos.models import Video

VIDEOS = reverse("admin:videos_video_changelist")
RUNS = reverse("admin:pipeline_pipelinerun_changelist")
STAGES = reverse("admin:pipeline_stagerun_changelist")


class TestPages:
    @pytest.mark.parametrize(
        "model",
        list(admin.site._registry),
        ids=lambda model: model._meta.label_lower,
    )
    def test_every_list_opens(self, admin_client: Client, model: Any) -> None:
        factories.make_analysed_video()

        answer = admin_client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        )

        assert answer.status_code == 200

    @pytest.mark.parametrize("model", [Video, PipelineRun, StageRun])
    def test_every_row_opens(self, admin_client: Client, model: Any) -> None:
        factories.make_analysed_video()
        rows = model.objects.all()

        pages = [
            admin_client.get(
                reverse(
                    f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]
                )
            )
            for row in rows
        ]

        assert pages
        assert {page.status_code for page in pages} == {200}

    def test_a_video_before_its_probe_opens(self, admin_client: Client) -> None:
        video = factories.make_video()

        answer = admin_client.get(reverse("admin:videos_video_change", args=[video.id]))

        assert answer.status_code == 200

    def test_the_queues_own_pages_are_off(self, admin_client: Client) -> None:
        assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]

    @pytest.mark.parametrize("address", [VIDEOS, RUNS, STAGES])
    def test_nothing_is_added_by_hand(self, admin_client: Client, address: str) -> None:
        assert admin_client.get(f"{address}add/").status_code == 403

    @pytest.mark.parametrize("address", [VIDEOS, RUNS, STAGES])
    def test_queries_do_not_grow_with_rows(self, admin_client: Client, address: str) -> None:
        factories.make_analysed_video()
        admin_client.get(address)  # what the first request alone loads
        with CaptureQueriesContext(connection) as few:
            admin_client.get(address)
        for number in range(4):
            factories.make_analysed_video(title=f"Another {number}")

        with CaptureQueriesContext(connection) as many:
            admin_client.get(address)

        assert len(many) == len(few)


class TestStages:
    def test_shows_the_stalled_ones(self, admin_client: Client) -> None:
        now = timezone.now()
        run = factories.make_run(factories.make_video(status=Video.Status.PROCESSING))
        late = {"status": "RUNNING", "lease_expires_at": now - timedelta(minutes=1)}
        factories.make_stage_run(run, "late_one", started_at=now, **late)
        late["lease_expires_at"] = now + timedelta(minutes=1)
        factories.make_stage_run(run, "lively_one", started_at=now, **late)

        page = admin_client.get(STAGES, {"stalled": "yes"}).content.decode()

        assert "stalled</span>" in page
        assert page.count('class="field-name_shown"') == 1
        assert "late_one" in page

    def test_keeps_the_lease_to_itself(self, admin_client: Client) -> None:
        run = factories.make_run(factories.make_video(status=Video.Status.PROCESSING))
        stage = factories.make_stage_run(run, status="RUNNING")

        address = reverse("admin:pipeline_stagerun_change", args=[stage.id])
        page = admin_client.get(address).content.decode()

        assert str(stage.lease_token) not in page

    def test_tells_what_each_waits_for(self, admin_client: Client) -> None:
        def make_open_video() -> Video:
            video = factories.make_video(status=Video.Status.PROCESSING)
            run = factories.make_run(video)
            factories.make_stage_run(run, "probe", status="QUEUED")
            factories.make_stage_run(run, "read_text", needs=["probe"])
            return video

        video = make_open_video()
        admin_client.get(STAGES)
        with CaptureQueriesContext(connection) as few:
            listed = admin_client.get(STAGES).content.decode()
        address = reverse("admin:videos_video_change", args=[video.id])
        of_the_video = admin_client.get(address).content.decode()
        for _ in range(3):
            make_open_video()
        with CaptureQueriesContext(connection) as many:
            admin_client.get(STAGES)

        for page in (listed, of_the_video):
            assert "no_worker: No worker serves the queue cpu." in page
            assert "upstream: Waiting for probe." in page
        assert len(many) == len(few)


class TestWorkspace:
    def test_takes_quotas_and_shows_what_is_used(self, admin_client: Client) -> None:
        video = factories.make_video(size_bytes=5_000_000)
        address = reverse("admin:videos_workspace_change", args=[video.workspace_id])
        form = {"name": "Default", "max_bytes": "6000000", "max_videos": "", "max_open_analyses": 4}

        admin_client.post(address, form)
        page = admin_client.get(address).content.decode()

        video.workspace.refresh_from_db()
        assert video.workspace.max_bytes == 6_000_000
        assert video.workspace.max_videos is None
        assert video.workspace.max_open_analyses == 4
        assert "in 1 videos, 1 of them waiting or analysed" in page
