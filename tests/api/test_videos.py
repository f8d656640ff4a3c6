"""`/videos`: what is shown of one, and of many."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from pipeline.models import PipelineRun, StageRun
from tests import factories
from tests.api.reading import queries_of
from videos.api.output import OutputSerializer
from videos.api.videos.serializers import VideoSerializer
from videos.models import Video
from videos.selectors import with_analysis

pytestmark = pytest.mark.django_db

URL = "/api/v1/videos"


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [video["title"] for video in response.json()["results"]]


class TestVideo:
    def test_shows_its_fields_as_rest_framework_would(self) -> None:
        factories.make_media(factories.make_video(language="de", title="Pier"))
        video = with_analysis(Video.objects.all()).get()
        shown = VideoSerializer(video)

        plain = super(OutputSerializer, shown).to_representation(video)

        assert shown.data == plain
        assert list(shown.data) == list(shown.fields)

    def test_shows_media_stages_and_weighted_progress(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        factories.make_media(video)
        factories.make_run(video, status=PipelineRun.Status.FAILED)
        run = factories.make_run(video)
        factories.make_stage_run(run, "probe", status=StageRun.Status.SUCCEEDED, weight=1)
        factories.make_stage_run(
            run, "transcribe", status=StageRun.Status.RUNNING, attempt=1, progress=0.5, weight=3
        )

        body = api.get(f"{URL}/{video.id}").json()

        assert body["progress"] == 0.625
        assert body["eta_s"] is None
        assert [stage["name"] for stage in body["stages"]] == ["probe", "transcribe"]
        assert body["media"]["duration_ms"] == 10_000
        assert body["media"]["video"]["frame_rate"] == "25/1"
        assert body["media"]["audio"][0]["sample_rate_hz"] == 48_000
        assert body["created_at"].endswith("Z")

    def test_progress_leaves_out_what_is_skipped(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        run = factories.make_run(video)
        factories.make_stage_run(run, "probe", status=StageRun.Status.SUCCEEDED, weight=1)
        factories.make_stage_run(run, "sample_frames", status=StageRun.Status.SKIPPED, weight=6)
        factories.make_stage_run(run, "transcribe", status=StageRun.Status.WAITING, weight=3)

        assert api.get(f"{URL}/{video.id}").json()["progress"] == 0.25

    def test_stage_shows_how_long_it_took(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        began = timezone.now()
        factories.make_stage_run(
            factories.make_run(video),
            status=StageRun.Status.SUCCEEDED,
            started_at=began,
            finished_at=began + timedelta(milliseconds=1234),
        )

        stage = api.get(f"{URL}/{video.id}").json()["stages"][0]

        assert stage["duration_ms"] == 1234

    def test_shows_a_split_stage_as_one(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        run = factories.make_run(video)
        began = timezone.now()
        factories.make_stage_run(run, "probe", status=StageRun.Status.SUCCEEDED, weight=1)
        factories.make_stage_run(run, "transcribe", split_by="detect_speech", weight=3)
        ends: list[dict[str, Any]] = [
            {"status": StageRun.Status.SUCCEEDED, "progress": 1.0, "started_at": began},
            {"status": StageRun.Status.RUNNING, "progress": 0.5, "attempt": 1},
            {"status": StageRun.Status.QUEUED, "queued_at": began},
            {"status": StageRun.Status.QUEUED, "queued_at": began},
        ]
        for shard, values in enumerate(ends, start=1):
            factories.make_stage_run(run, "transcribe", shard=shard, shards=4, **values)

        body = api.get(f"{URL}/{video.id}").json()

        probe, speech = body["stages"]
        assert probe["parts"] is None
        assert speech["status"] == "WAITING"
        assert speech["parts"] == {"total": 4, "done": 1, "running": 1}
        assert speech["progress"] == 0.375
        assert parse_datetime(speech["queued_at"]) == began
        assert parse_datetime(speech["started_at"]) == began
        assert speech["waiting_for"]["message"] == "1 of 4 parts are done."
        assert body["progress"] == 0.5312

    def test_tells_the_language_that_was_heard(self, api: APIClient) -> None:
        from videos.models import Transcript

        video = factories.make_video()
        stage = factories.make_stage_run(factories.make_run(video))
        Transcript.objects.create(video=video, stage_run=stage, language="en")

        assert api.get(f"{URL}/{video.id}").json()["language"] == "en"

    def test_links_only_files_that_exist(self, api: APIClient) -> None:
        video = factories.make_video()
        stage = factories.make_stage_run(factories.make_run(video))
        factories.make_rendition(video, stage, "poster")

        links = api.get(f"{URL}/{video.id}").json()["links"]

        assert links["poster"].endswith(f"{URL}/{video.id}/poster.jpg")
        assert links["storyboard"] is None
        assert links["timeline"].endswith(f"{URL}/{video.id}/timeline")

    def test_of_another_workspace_is_not_found(self, api: APIClient) -> None:
        video = factories.make_video(workspace=factories.make_workspace())

        for call in (api.get, api.patch, api.delete):
            assert call(f"{URL}/{video.id}").status_code == 404
        assert api.post(f"{URL}/{video.id}/retry").status_code == 404
        assert titles(api.get(URL)) == []

    def test_unknown_id_is_not_found(self, api: APIClient) -> None:
        response = api.get(f"{URL}/{uuid4()}")

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


class TestList:
    def test_costs_the_same_queries_for_one_and_for_many(self, api: APIClient) -> None:
        self.make_whole_video()
        api.get(URL)
        one = queries_of(api, URL)
        for _ in range(5):
            self.make_whole_video()

        assert queries_of(api, URL) == one

    def make_whole_video(self) -> None:
        video = factories.make_video()
        factories.make_media(video)
        stage = factories.make_stage_run(factories.make_run(video))
        factories.make_rendition(video, stage, "poster")

    @pytest.mark.parametrize("ordering", ["", "created_at", "-priority", "title", "-updated_at"])
    def test_pages_show_each_video_once_there_and_back(self, api: APIClient, ordering: str) -> None:
        for number in range(7):
            factories.make_video(title="ab"[number % 2], priority=number % 3)
        pages, url = [], f"{URL}?page_size=3" + (f"&ordering={ordering}" if ordering else "")

        while url:
            page = api.get(url).json()
            pages.append([video["id"] for video in page["results"]])
            url = page["next"]
        back, url = [pages[-1]], page["previous"]
        while url:
            page = api.get(url).json()
            back.append([video["id"] for video in page["results"]])
            url = page["previous"]

        assert [len(page) for page in pages] == [3, 3, 1]
        assert len({video_id for page in pages for video_id in page}) == 7
        assert back == pages[::-1]

    def test_newest_comes_first(self, api: APIClient) -> None:
        for title in ("old", "new"):
            factories.make_video(title=title)

        assert titles(api.get(URL)) == ["new", "old"]

    def test_filters(self, api: APIClient) -> None:
        early = timezone.now()
        factories.make_video(title="Dawn", profile="fast")
        factories.make_video(title="Dusk", filename="pier.mov", status=Video.Status.FAILED)

        assert titles(api.get(URL, {"status": "FAILED"})) == ["Dusk"]
        assert titles(api.get(URL, {"status": ["FAILED", "UPLOADED"]})) == ["Dusk", "Dawn"]
        assert titles(api.get(URL, {"profile": "fast"})) == ["Dawn"]
        assert titles(api.get(URL, {"q": "PIER"})) == ["Dusk"]
        assert titles(api.get(URL, {"q": "dawn"})) == ["Dawn"]
        assert titles(api.get(URL, {"created_before": early.isoformat()})) == []
        assert len(titles(api.get(URL, {"created_after": early.isoformat()}))) == 2
        # An offset that ISO 8601 knows and PostgreSQL does not.
        assert len(titles(api.get(URL, {"created_after": "2001-01-01T00:00:00-22:11"}))) == 2

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"status": "DONE"}, "status"),
            ({"profile": "best"}, "profile"),
            ({"created_after": "yesterday"}, "created_after"),
            ({"created_after": ""}, "created_after"),
            ({"created_before": "0001-01-01T00:00:00+10:00"}, "created_before"),
            ({"ordering": "size_bytes"}, "ordering"),
            ({"ordering": ""}, "ordering"),
            ({"page_size": "0"}, "page_size"),
            ({"page_size": "many"}, "page_size"),
            ({"q": "a\x00b"}, "q"),
        ],
    )
    def test_refuses_unknown_values(
        self, api: APIClient, query: dict[str, str], field: str
    ) -> None:
        response = api.get(URL, query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_page_size_is_bounded(self, api: APIClient) -> None:
        Video.objects.bulk_create(
            Video(
                workspace=factories.default_workspace(),
                title=str(number),
                size_bytes=1,
                checksum_sha256="0" * 64,
            )
            for number in range(201)
        )

        assert len(titles(api.get(URL))) == 50
        assert len(titles(api.get(URL, {"page_size": 9999}))) == 200

    @pytest.mark.parametrize("cursor", ["x", "a:b:c", "\x00"])
    def test_refuses_a_foreign_cursor(self, api: APIClient, cursor: str) -> None:
        response = api.get(URL, {"cursor": cursor})

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_cursor"
