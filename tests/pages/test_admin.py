"""The operators' console."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from tests import factories
from videos.admin.findings import MOST_ROWS
from videos.models import Cue, Rendition, Video

VIDEOS = reverse("admin:videos_video_changelist")
RUNS = reverse("admin:pipeline_pipelinerun_changelist")
STAGES = reverse("admin:pipeline_stagerun_changelist")


@pytest.fixture
def client(client: Client, db: None) -> Client:
    """An operator's browser."""
    client.force_login(User.objects.create_superuser("operator"))
    return client


def analysed(**values: Any) -> Video:
    """Make a video with everything that a page could show."""
    video = factories.make_video(**{"status": Video.Status.COMPLETED} | values)
    factories.make_media(video)
    run = factories.make_run(video, status="SUCCEEDED")
    now = timezone.now()
    stage = factories.make_stage_run(
        run, status="SUCCEEDED", started_at=now - timedelta(seconds=3), finished_at=now
    )
    factories.make_stage_run(run, "transcribe", status="SKIPPED")
    factories.make_shot(video, stage)
    factories.make_cue(video, stage)
    factories.make_screen_text(video, stage)
    factories.make_track(video, stage)
    factories.make_track(video, stage, kind="face", label="face")
    factories.make_nudity_span(video, stage)
    factories.make_sound_event(video, stage)
    factories.make_chapter(video, stage)
    factories.make_summary_sentence(video, stage)
    factories.make_keyword(video, stage)
    factories.make_turn(video, stage)
    factories.make_entity_mention(video, stage)
    factories.make_rendition(video, stage, Rendition.Kind.POSTER)
    return video


def act(client: Client, action: str, *videos: Video, **more: str) -> str:
    """Run an action on videos and return the page that it leads to."""
    form = {"action": action, "_selected_action": [str(video.id) for video in videos], **more}
    return client.post(VIDEOS, form, follow=True).content.decode()


class TestPages:
    @pytest.mark.parametrize(
        "model",
        list(admin.site._registry),
        ids=lambda model: model._meta.label_lower,
    )
    def test_every_list_opens(self, client: Client, model: Any) -> None:
        analysed()

        answer = client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        )

        assert answer.status_code == 200

    @pytest.mark.parametrize("model", [Video, PipelineRun, StageRun])
    def test_every_row_opens(self, client: Client, model: Any) -> None:
        analysed()
        rows = model.objects.all()

        pages = [
            client.get(
                reverse(
                    f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]
                )
            )
            for row in rows
        ]

        assert pages
        assert {page.status_code for page in pages} == {200}

    def test_a_video_before_its_probe_opens(self, client: Client) -> None:
        video = factories.make_video()

        answer = client.get(reverse("admin:videos_video_change", args=[video.id]))

        assert answer.status_code == 200

    def test_the_queues_own_pages_are_off(self, client: Client) -> None:
        assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]

    @pytest.mark.parametrize("address", [VIDEOS, RUNS, STAGES])
    def test_nothing_is_added_by_hand(self, client: Client, address: str) -> None:
        assert client.get(f"{address}add/").status_code == 403

    @pytest.mark.parametrize("address", [VIDEOS, RUNS, STAGES])
    def test_queries_do_not_grow_with_rows(self, client: Client, address: str) -> None:
        analysed()
        client.get(address)  # what the first request alone loads
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for number in range(4):
            analysed(title=f"Another {number}")

        with CaptureQueriesContext(connection) as many:
            client.get(address)

        assert len(many) == len(few)


class TestVideos:
    def test_list_shows_status_reason_and_timings(self, client: Client) -> None:
        factories.make_video(status=Video.Status.FAILED)
        analysed()

        page = client.get(VIDEOS).content.decode()

        assert '<span class="status FAILED">FAILED</span>' in page
        assert "not_a_video: It is no video." in page
        assert "probe 3.0 s" in page

    def test_list_counts_a_split_stage_from_its_first_part(self, client: Client) -> None:
        run = factories.make_run(factories.make_video(), status="SUCCEEDED")
        now = timezone.now()
        took = {"status": "SUCCEEDED", "started_at": now, "finished_at": now}
        factories.make_stage_run(run, "transcribe", **took)
        began = {"started_at": now - timedelta(seconds=90)}
        factories.make_stage_run(run, "transcribe", shard=1, shards=2, **took | began)
        factories.make_stage_run(run, "transcribe", shard=2, shards=2, **took)

        assert "transcribe 90.0 s" in client.get(VIDEOS).content.decode()

    @pytest.mark.parametrize("part", ["title", "filename", "id"])
    def test_search_finds(self, client: Client, part: str) -> None:
        video = factories.make_video(title="Wanted", filename="wanted.mkv")
        factories.make_video(title="Other")

        page = client.get(VIDEOS, {"q": str(getattr(video, part))}).content.decode()

        assert "1 video" in page
        assert "Wanted" in page

    def test_filters_by_status(self, client: Client) -> None:
        factories.make_video(title="Broken", status=Video.Status.FAILED)
        factories.make_video(title="Fresh")

        page = client.get(VIDEOS, {"status__exact": "FAILED"}).content.decode()

        assert "Broken" in page
        assert "Fresh" not in page

    def test_detail_shows_what_was_found(self, client: Client) -> None:
        video = analysed()

        page = client.get(reverse("admin:videos_video_change", args=[video.id])).content.decode()

        assert "Ships leave the harbour." in page
        assert "HARBOUR" in page
        assert "no_audio: There is no sound." in page
        assert f"/api/v1/videos/{video.id}/poster.jpg" in page

    def test_detail_links_the_videos_that_show_the_same(self, client: Client) -> None:
        video, other = analysed(), factories.make_video(title="Evening news")
        factories.make_duplicate(video, StageRun.objects.all()[0], other)

        page = client.get(reverse("admin:videos_video_change", args=[video.id])).content.decode()

        assert reverse("admin:videos_video_change", args=[other.id]) in page
        assert "Evening news" in page

    def test_detail_shows_hostile_text_as_text(self, client: Client) -> None:
        video = analysed(title="<script>alert(1)</script>")
        stage = StageRun.objects.filter(run__video=video)[0]
        factories.make_cue(video, stage, text="<img src=x onerror=alert(2)>")

        page = client.get(reverse("admin:videos_video_change", args=[video.id])).content.decode()

        assert "<script>alert" not in page
        assert "<img src=x" not in page

    def test_detail_bounds_the_rows_of_a_long_video(self, client: Client) -> None:
        video = analysed()
        stage = StageRun.objects.filter(run__video=video)[0]
        for number in range(MOST_ROWS + 4):
            factories.make_cue(video, stage, start_ms=5000 + number, end_ms=9000)

        page = client.get(reverse("admin:videos_video_change", args=[video.id])).content.decode()

        assert page.count("Ships leave the harbour.") == MOST_ROWS
        assert "5 more are left out here." in page

    def test_changes_only_what_the_service_lets_change(self, client: Client) -> None:
        video = analysed()
        form = {"title": "Renamed", "priority": "9", "metadata": '{"a": 1}', "status": "FAILED"}

        client.post(reverse("admin:videos_video_change", args=[video.id]), form)

        video.refresh_from_db()
        assert (video.title, video.priority, video.metadata) == ("Renamed", 9, {"a": 1})
        assert video.status == Video.Status.COMPLETED

    @pytest.mark.parametrize(
        "wrong", [{"priority": "10"}, {"metadata": "[]"}, {"metadata": ""}, {"title": ""}]
    )
    def test_refuses_values_that_the_api_refuses(
        self, client: Client, wrong: dict[str, str]
    ) -> None:
        video = analysed()
        form = {"title": "Renamed", "priority": "9", "metadata": "{}"} | wrong

        page = client.post(reverse("admin:videos_video_change", args=[video.id]), form)

        video.refresh_from_db()
        assert "errorlist" in page.content.decode()
        assert video.title == "Harbour at dawn"


class TestRetry:
    def test_starts_a_new_run_of_a_failed_video(self, client: Client) -> None:
        video = analysed(status=Video.Status.FAILED)

        page = act(client, "retry", video)

        video.refresh_from_db()
        assert "Retrying 1 of the selected videos." in page
        assert video.status == Video.Status.PROCESSING
        assert PipelineRun.objects.filter(video=video, status="ACTIVE").count() == 1

    def test_says_which_videos_refuse_it(self, client: Client) -> None:
        done = analysed(title="Finished one")
        failed = analysed(title="Broken one", status=Video.Status.FAILED)

        page = act(client, "retry", done, failed)

        done.refresh_from_db()
        assert "Retrying 1 of the selected videos." in page
        assert "Refused: Finished one (COMPLETED)." in page
        assert done.status == Video.Status.COMPLETED
        assert PipelineRun.objects.filter(video=done).count() == 1


class TestCancel:
    def test_ends_what_is_under_way_and_refuses_what_has_ended(self, client: Client) -> None:
        done = analysed(title="Finished one")
        waiting = factories.make_video()
        factories.make_stage_run(factories.make_run(waiting), status="QUEUED")

        page = act(client, "cancel", done, waiting)

        waiting.refresh_from_db()
        assert "Cancelling 1 of the selected videos." in page
        assert "Refused: Finished one (COMPLETED)." in page
        assert waiting.status == Video.Status.CANCELLED


class TestReprocess:
    def test_runs_all_stages_of_what_has_ended(self, client: Client) -> None:
        done = analysed(title="Finished one")
        under_way = factories.make_video(title="Busy one", status=Video.Status.PROCESSING)

        page = act(client, "reprocess", done, under_way)

        assert "Reprocessing 1 of the selected videos." in page
        assert "Refused: Busy one (PROCESSING)." in page
        run = PipelineRun.objects.get(video=done, status="ACTIVE")
        assert set(run.stages.values_list("fresh", "reused")) == {(True, False)}


class TestDelete:
    def test_asks_and_then_removes_rows_and_files(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        video = analysed(title="Old one")
        store.video_dir(video.id).mkdir(parents=True)
        address = reverse("admin:videos_video_delete", args=[video.id])

        question = client.get(address).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address, {"post": "yes"})

        assert "Old one" in question
        assert answer.status_code == 302
        assert not Video.objects.exists()
        assert not Cue.objects.exists()
        assert not store.video_dir(video.id).exists()

    def test_removes_the_selected_alone(
        self, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        videos = [analysed(title=f"Number {number}") for number in range(3)]
        for video in videos:
            store.video_dir(video.id).mkdir(parents=True)

        with django_capture_on_commit_callbacks(execute=True):
            act(client, "delete_selected", *videos[:2], post="yes")

        assert list(Video.objects.values_list("title", flat=True)) == ["Number 2"]
        assert [store.video_dir(video.id).exists() for video in videos] == [False, False, True]


class TestStages:
    def test_shows_the_stalled_ones(self, client: Client) -> None:
        now = timezone.now()
        run = factories.make_run(factories.make_video(status=Video.Status.PROCESSING))
        late = {"status": "RUNNING", "lease_expires_at": now - timedelta(minutes=1)}
        factories.make_stage_run(run, "late_one", started_at=now, **late)
        late["lease_expires_at"] = now + timedelta(minutes=1)
        factories.make_stage_run(run, "lively_one", started_at=now, **late)

        page = client.get(STAGES, {"stalled": "yes"}).content.decode()

        assert "stalled</span>" in page
        assert page.count('class="field-name_shown"') == 1

    def test_keeps_the_lease_to_itself(self, client: Client) -> None:
        run = factories.make_run(factories.make_video(status=Video.Status.PROCESSING))
        stage = factories.make_stage_run(run, status="RUNNING")

        address = reverse("admin:pipeline_stagerun_change", args=[stage.id])
        page = client.get(address).content.decode()

        assert str(stage.lease_token) not in page

    def test_tells_what_each_waits_for(self, client: Client) -> None:
        def make_open_video() -> Video:
            video = factories.make_video(status=Video.Status.PROCESSING)
            run = factories.make_run(video)
            factories.make_stage_run(run, "probe", status="QUEUED")
            factories.make_stage_run(run, "read_text", needs=["probe"])
            return video

        video = make_open_video()
        client.get(STAGES)
        with CaptureQueriesContext(connection) as few:
            listed = client.get(STAGES).content.decode()
        address = reverse("admin:videos_video_change", args=[video.id])
        of_the_video = client.get(address).content.decode()
        for _ in range(3):
            make_open_video()
        with CaptureQueriesContext(connection) as many:
            client.get(STAGES)

        for page in (listed, of_the_video):
            assert "no_worker: No worker serves the queue cpu." in page
            assert "upstream: Waiting for probe." in page
        assert len(many) == len(few)


class TestWorkspace:
    def test_takes_quotas_and_shows_what_is_used(self, client: Client) -> None:
        video = factories.make_video(size_bytes=5_000_000)
        address = reverse("admin:videos_workspace_change", args=[video.workspace_id])
        form = {"name": "Default", "max_bytes": "6000000", "max_videos": "", "max_open_analyses": 4}

        client.post(address, form)
        page = client.get(address).content.decode()

        video.workspace.refresh_from_db()
        assert video.workspace.max_bytes == 6_000_000
        assert video.workspace.max_videos is None
        assert video.workspace.max_open_analyses == 4
        assert "in 1 videos, 1 of them waiting or analysed" in page
