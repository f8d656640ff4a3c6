"""The operators' console: videos, one and many."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from tests import factories
from videos.admin.findings import MOST_ROWS
from videos.models import Cue, Video

VIDEOS = reverse("admin:videos_video_changelist")


def act(browser: Client, action: str, *videos: Video, **more: str) -> str:
    """Run an action on videos and return the page that it leads to."""
    form = {"action": action, "_selected_action": [str(video.id) for video in videos], **more}
    return browser.post(VIDEOS, form, follow=True).content.decode()


class TestVideos:
    def test_list_shows_status_reason_and_timings(self, admin_client: Client) -> None:
        factories.make_video(status=Video.Status.FAILED)
        factories.make_analysed_video()

        page = admin_client.get(VIDEOS).content.decode()

        assert '<span class="status FAILED">FAILED</span>' in page
        assert "not_a_video: It is no video." in page
        assert "probe 3.0 s" in page

    def test_list_counts_a_split_stage_from_its_first_part(self, admin_client: Client) -> None:
        run = factories.make_run(factories.make_video(), status="SUCCEEDED")
        now = timezone.now()
        took = {"status": "SUCCEEDED", "started_at": now, "finished_at": now}
        factories.make_stage_run(run, "transcribe", **took)
        began = {"started_at": now - timedelta(seconds=90)}
        factories.make_stage_run(run, "transcribe", shard=1, shards=2, **took | began)
        factories.make_stage_run(run, "transcribe", shard=2, shards=2, **took)

        assert "transcribe 90.0 s" in admin_client.get(VIDEOS).content.decode()

    @pytest.mark.parametrize("part", ["title", "filename", "id"])
    def test_search_finds(self, admin_client: Client, part: str) -> None:
        video = factories.make_video(title="Wanted", filename="wanted.mkv")
        factories.make_video(title="Other")

        page = admin_client.get(VIDEOS, {"q": str(getattr(video, part))}).content.decode()

        assert "1 video" in page
        assert "Wanted" in page

    def test_filters_by_status(self, admin_client: Client) -> None:
        factories.make_video(title="Broken", status=Video.Status.FAILED)
        factories.make_video(title="Fresh")

        page = admin_client.get(VIDEOS, {"status__exact": "FAILED"}).content.decode()

        assert "Broken" in page
        assert "Fresh" not in page

    def test_detail_shows_what_was_found(self, admin_client: Client) -> None:
        video = factories.make_analysed_video()

        page = admin_client.get(
            reverse("admin:videos_video_change", args=[video.id])
        ).content.decode()

        assert "Ships leave the harbour." in page
        assert "HARBOUR" in page
        assert "no_audio: There is no sound." in page
        assert f"/api/v1/videos/{video.id}/poster.jpg" in page

    def test_detail_links_the_videos_that_show_the_same(self, admin_client: Client) -> None:
        video, other = factories.make_analysed_video(), factories.make_video(title="Evening news")
        factories.make_duplicate(video, StageRun.objects.all()[0], other)

        page = admin_client.get(
            reverse("admin:videos_video_change", args=[video.id])
        ).content.decode()

        assert reverse("admin:videos_video_change", args=[other.id]) in page
        assert "Evening news" in page

    def test_detail_shows_hostile_text_as_text(self, admin_client: Client) -> None:
        video = factories.make_analysed_video(title="<script>alert(1)</script>")
        stage = StageRun.objects.filter(run__video=video)[0]
        factories.make_cue(video, stage, text="<img src=x onerror=alert(2)>")

        page = admin_client.get(
            reverse("admin:videos_video_change", args=[video.id])
        ).content.decode()

        assert "<script>alert" not in page
        assert "<img src=x" not in page

    def test_detail_bounds_the_rows_of_a_long_video(self, admin_client: Client) -> None:
        video = factories.make_analysed_video()
        stage = StageRun.objects.filter(run__video=video)[0]
        for number in range(MOST_ROWS + 4):
            factories.make_cue(video, stage, start_ms=5000 + number, end_ms=9000)

        page = admin_client.get(
            reverse("admin:videos_video_change", args=[video.id])
        ).content.decode()

        assert page.count("Ships leave the harbour.") == MOST_ROWS
        assert "5 more are left out here." in page

    def test_changes_only_what_the_service_lets_change(self, admin_client: Client) -> None:
        video = factories.make_analysed_video()
        form = {"title": "Renamed", "priority": "9", "metadata": '{"a": 1}', "status": "FAILED"}

        admin_client.post(reverse("admin:videos_video_change", args=[video.id]), form)

        video.refresh_from_db()
        assert (video.title, video.priority, video.metadata) == ("Renamed", 9, {"a": 1})
        assert video.status == Video.Status.COMPLETED

    @pytest.mark.parametrize(
        "wrong", [{"priority": "10"}, {"metadata": "[]"}, {"metadata": ""}, {"title": ""}]
    )
    def test_refuses_values_that_the_api_refuses(
        self, admin_client: Client, wrong: dict[str, str]
    ) -> None:
        video = factories.make_analysed_video()
        form = {"title": "Renamed", "priority": "9", "metadata": "{}"} | wrong

        page = admin_client.post(reverse("admin:videos_video_change", args=[video.id]), form)

        video.refresh_from_db()
        assert "errorlist" in page.content.decode()
        assert video.title == "Harbour at dawn"


class TestRetry:
    def test_starts_a_new_run_of_a_failed_video(self, admin_client: Client) -> None:
        video = factories.make_analysed_video(status=Video.Status.FAILED)

        page = act(admin_client, "retry", video)

        video.refresh_from_db()
        assert "Retrying 1 of the selected videos." in page
        assert video.status == Video.Status.PROCESSING
        assert PipelineRun.objects.filter(video=video, status="ACTIVE").count() == 1

    def test_says_which_videos_refuse_it(self, admin_client: Client) -> None:
        done = factories.make_analysed_video(title="Finished one")
        failed = factories.make_analysed_video(title="Broken one", status=Video.Status.FAILED)

        page = act(admin_client, "retry", done, failed)

        done.refresh_from_db()
        assert "Retrying 1 of the selected videos." in page
        assert "Refused: Finished one (COMPLETED)." in page
        assert done.status == Video.Status.COMPLETED
        assert PipelineRun.objects.filter(video=done).count() == 1


class TestCancel:
    def test_ends_what_is_under_way_and_refuses_what_has_ended(self, admin_client: Client) -> None:
        done = factories.make_analysed_video(title="Finished one")
        waiting = factories.make_video()
        factories.make_stage_run(factories.make_run(waiting), status="QUEUED")

        page = act(admin_client, "cancel", done, waiting)

        waiting.refresh_from_db()
        assert "Cancelling 1 of the selected videos." in page
        assert "Refused: Finished one (COMPLETED)." in page
        assert waiting.status == Video.Status.CANCELLED


class TestReprocess:
    def test_runs_all_stages_of_what_has_ended(self, admin_client: Client) -> None:
        done = factories.make_analysed_video(title="Finished one")
        under_way = factories.make_video(title="Busy one", status=Video.Status.PROCESSING)

        page = act(admin_client, "reprocess", done, under_way)

        assert "Reprocessing 1 of the selected videos." in page
        assert "Refused: Busy one (PROCESSING)." in page
        run = PipelineRun.objects.get(video=done, status="ACTIVE")
        assert set(run.stages.values_list("fresh", "reused")) == {(True, False)}


class TestDelete:
    def test_asks_and_then_removes_rows_and_files(
        self, admin_client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        video = factories.make_analysed_video(title="Old one")
        store.video_dir(video.id).mkdir(parents=True)
        address = reverse("admin:videos_video_delete", args=[video.id])

        question = admin_client.get(address).content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            answer = admin_client.post(address, {"post": "yes"})

        assert "Old one" in question
        assert answer.status_code == 302
        assert not Video.objects.exists()
        assert not Cue.objects.exists()
        assert not store.video_dir(video.id).exists()

    def test_removes_the_selected_alone(
        self, admin_client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        videos = [factories.make_analysed_video(title=f"Number {number}") for number in range(3)]
        for video in videos:
            store.video_dir(video.id).mkdir(parents=True)

        with django_capture_on_commit_callbacks(execute=True):
            act(admin_client, "delete_selected", *videos[:2], post="yes")

        assert list(Video.objects.values_list("title", flat=True)) == ["Number 2"]
        assert [store.video_dir(video.id).exists() for video in videos] == [False, False, True]
