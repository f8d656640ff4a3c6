"""What the API answers is what its OpenAPI document says."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from pipeline.models import StageRun
from tests import factories
from videos.api.errors import problem
from videos.models import Transcript, Video

pytestmark = pytest.mark.django_db

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.yaml").read_text()
)


def errors(operation_id: str, status: int, body: Any) -> list[str]:
    """Return where `body` departs from what the document says of this answer."""
    operation = next(
        operation
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        if operation["operationId"] == operation_id
    )
    (content,) = operation["responses"][str(status)]["content"].values()
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(body)]


@pytest.fixture
def video(db: None) -> Video:
    """A video with everything that can be found."""
    video = factories.make_video(status=Video.Status.FAILED)
    factories.make_media(video)
    run = factories.make_run(video, status="FAILED")
    stage = factories.make_stage_run(run, status=StageRun.Status.SUCCEEDED)
    factories.make_stage_run(run, "read_text", status=StageRun.Status.FAILED)
    factories.make_shot(video, stage)
    Transcript.objects.create(video=video, stage_run=stage, language="en")
    factories.make_cue(video, stage)
    factories.make_screen_text(video, stage)
    factories.make_track(video, stage)
    factories.make_track(video, stage, kind="face")
    factories.make_nudity_span(video, stage)
    factories.make_sound_event(video, stage)
    factories.make_chapter(video, stage)
    factories.make_summary_sentence(video, stage)
    factories.make_keyword(video, stage)
    factories.make_turn(video, stage)
    factories.make_entity_mention(video, stage)
    factories.make_duplicate(video, stage, factories.make_video())
    factories.make_rendition(video, stage, "poster")
    factories.make_passage(video, "ship")
    return video


class TestAnswers:
    @pytest.mark.parametrize(
        ("operation_id", "address"),
        [
            ("list_videos", "videos"),
            ("get_video", "videos/{id}"),
            ("get_timeline", "videos/{id}/timeline"),
            ("get_transcript", "videos/{id}/transcript"),
            ("list_shots", "videos/{id}/shots"),
            ("list_texts", "videos/{id}/texts"),
            ("list_objects", "videos/{id}/objects"),
            ("list_faces", "videos/{id}/faces"),
            ("list_nudity", "videos/{id}/nudity"),
            ("list_sounds", "videos/{id}/sounds"),
            ("get_summary", "videos/{id}/summary"),
            ("list_chapters", "videos/{id}/chapters"),
            ("list_keywords", "videos/{id}/keywords"),
            ("list_speakers", "videos/{id}/speakers"),
            ("list_entities", "videos/{id}/entities"),
            ("list_duplicates", "videos/{id}/duplicates"),
            ("list_similar", "videos/{id}/similar?start_ms=0&end_ms=9000"),
            ("search", "search?q=ship&by=lexical"),
            ("search", "search?q=nothing&by=lexical"),
            ("search", "search?q=ship&by=lexical&group=video&facets=true"),
            ("list_stages", "stages"),
        ],
    )
    def test_are_as_documented(
        self, api: APIClient, video: Video, operation_id: str, address: str
    ) -> None:
        response = api.get(f"/api/v1/{address.format(id=video.id)}")

        assert response.status_code == 200
        assert errors(operation_id, 200, response.json()) == []

    def test_of_a_video_without_findings_are_as_documented(self, api: APIClient) -> None:
        video = factories.make_video()

        for operation_id, name in (("get_video", ""), ("get_timeline", "/timeline")):
            body = api.get(f"/api/v1/videos/{video.id}{name}").json()

            assert errors(operation_id, 200, body) == []

    def test_with_problems_are_as_documented(self, api: APIClient) -> None:
        body = api.get("/api/v1/search").json()

        assert errors("search", 400, body) == []

    def test_departing_from_the_document_are_found(self) -> None:
        assert errors("list_shots", 200, {"shots": [{"index": "one"}]}) != []

    @pytest.mark.parametrize(
        "operation_id",
        [
            *("create_video", "retry_video", "reprocess_video", "create_upload", "continue_upload"),
            *("get_media", "get_storyboard_times"),
        ],
    )
    def test_tell_of_storage_that_is_away(self, operation_id: str) -> None:
        body = problem(503, "storage_unavailable", "Try again later.")

        assert errors(operation_id, 503, body) == []
