"""`/videos/{id}/timeline`: everything that was found, in one answer; and `export`, which has it as a file."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.api.reading import url
from videos.management.export import as_json, export
from videos.models import Video
from videos.selectors import video_get

pytestmark = pytest.mark.django_db


class TestTimeline:
    def test_items_equal_those_of_their_endpoints(self, api: APIClient, analysed: Video) -> None:
        timeline = api.get(url(analysed, "timeline")).json()

        tracks = {track["kind"]: track["items"] for track in timeline["tracks"]}
        assert timeline["duration_ms"] == 10_000
        assert tracks == {
            "shot": api.get(url(analysed, "shots")).json()["shots"],
            "cue": api.get(url(analysed, "transcript")).json()["cues"],
            "text": api.get(url(analysed, "texts")).json()["texts"],
            "object": api.get(url(analysed, "objects")).json()["tracks"],
            "face": api.get(url(analysed, "faces")).json()["tracks"],
            "nudity": api.get(url(analysed, "nudity")).json()["spans"],
            "sound": api.get(url(analysed, "sounds")).json()["events"],
            "chapter": api.get(url(analysed, "chapters")).json()["chapters"],
            "speaker": api.get(url(analysed, "speakers")).json()["turns"],
        }

    def test_shows_the_kinds_and_the_span_asked_for(self, api: APIClient, analysed: Video) -> None:
        query = {"kinds": "text,shot", "from_ms": "4000", "to_ms": "5000"}

        tracks = api.get(url(analysed, "timeline"), query).json()["tracks"]

        assert [track["kind"] for track in tracks] == ["text", "shot"]
        assert tracks[0]["items"] == []
        assert [shot["index"] for shot in tracks[1]["items"]] == [0]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"kinds": "shot,scene"}, "kinds"),
            ({"from_ms": "-1"}, "from_ms"),
            ({"to_ms": "end"}, "to_ms"),
            ({"from_ms": "1" * 30}, "from_ms"),
            ({"from_ms": "5", "to_ms": "5"}, "to_ms"),
        ],
    )
    def test_refuses(
        self, api: APIClient, analysed: Video, query: dict[str, Any], field: str
    ) -> None:
        response = api.get(url(analysed, "timeline"), query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]


class TestExport:
    def test_has_every_part_shaped_as_its_endpoint_answers(
        self, api: APIClient, analysed: Video
    ) -> None:
        shown = video_get(workspace=analysed.workspace, video_id=analysed.id)

        exported = json.loads(as_json(export(shown)))

        for part in (
            "transcript",
            "shots",
            "texts",
            "objects",
            "faces",
            "nudity",
            "sounds",
            "summary",
            "chapters",
            "keywords",
            "speakers",
            "entities",
            "duplicates",
            "timeline",
        ):
            answer = api.get(url(analysed, part)).content.decode().replace("http://testserver", "")
            assert exported[part] == json.loads(answer), part
        answer = api.get(url(analysed, "")[:-1]).content.decode().replace("http://testserver", "")
        assert exported["video"] == json.loads(answer)
