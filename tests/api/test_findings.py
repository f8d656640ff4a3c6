"""Each kind of finding: shots, transcript, texts, objects, faces, nudity, sounds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tests import factories
from tests.api.reading import url
from videos.models import Track, Video

pytestmark = pytest.mark.django_db


class TestFindings:
    def test_shots_come_in_order_with_keyframe_and_source(
        self, api: APIClient, analysed: Video
    ) -> None:
        shots = api.get(url(analysed, "shots")).json()["shots"]

        assert [shot["index"] for shot in shots] == [0, 1]
        assert shots[1]["confidence"] == 0.7
        assert [shot["transition"] for shot in shots] == [None, "dissolve"]
        assert [shot["transition_ms"] for shot in shots] == [0, 640]
        assert shots[1]["keyframe_url"].endswith(url(analysed, "shots/1.jpg"))
        assert shots[0]["source"] == {"stage": "detect_shots", "version": 2, "model": None}

    def test_transcript_has_language_and_words(self, api: APIClient, analysed: Video) -> None:
        transcript = api.get(url(analysed, "transcript")).json()

        assert transcript["language"] == "en"
        first = transcript["cues"][0]
        assert first["words"] == [
            {"start_ms": 1000, "end_ms": 1500, "text": "Ships", "probability": 0.9}
        ]
        assert first["flags"] == []
        assert first["source"]["model"] == "whisper-base"

    def test_texts_have_boxes(self, api: APIClient, analysed: Video) -> None:
        texts = api.get(url(analysed, "texts")).json()["texts"]

        assert [text["box"] for text in texts] == [[0.1, 0.2, 0.3, 0.1]]

    def test_objects_are_tracks_with_boxes(self, api: APIClient, analysed: Video) -> None:
        (track,) = api.get(url(analysed, "objects")).json()["tracks"]

        assert (track["label"], track["start_ms"], track["end_ms"]) == ("boat", 1000, 4000)
        assert track["boxes"] == [{"at_ms": 1000, "box": [0.1, 0.2, 0.3, 0.1], "confidence": 0.8}]
        assert track["source"] == {"stage": "find_objects", "version": 1, "model": "yolox-nano"}

    @pytest.mark.parametrize("name", ["objects", "faces"])
    def test_tracks_come_without_boxes_on_request(
        self, api: APIClient, analysed: Video, name: str
    ) -> None:
        whole = api.get(url(analysed, name)).json()

        with CaptureQueriesContext(connection) as queries:
            answer = api.get(url(analysed, name), {"boxes": "none"}).json()

        assert answer == whole | {"tracks": [track | {"boxes": []} for track in whole["tracks"]]}
        assert not any('"boxes"' in query["sql"] for query in queries)
        timeline = api.get(url(analysed, "timeline"), {"boxes": "none", "kinds": name[:-1]}).json()
        assert timeline["tracks"][0]["items"] == answer["tracks"]

    def test_faces_are_tracks_and_counts_of_how_many_at_once(
        self, api: APIClient, analysed: Video
    ) -> None:
        answer = api.get(url(analysed, "faces")).json()

        assert [(t["label"], t["start_ms"], t["end_ms"]) for t in answer["tracks"]] == [
            ("face", 1000, 4000),
            ("face", 2500, 6000),
        ]
        assert answer["tracks"][0]["source"]["model"] == "centerface"
        assert [tuple(run.values()) for run in answer["counts"]] == [
            (1000, 2500, 1),
            (2500, 4000, 2),
            (4000, 6000, 1),
        ]

    def test_counts_keep_to_the_span_asked_for(self, api: APIClient, analysed: Video) -> None:
        answer = api.get(url(analysed, "faces"), {"from_ms": 3000, "to_ms": 5000}).json()

        assert [tuple(run.values()) for run in answer["counts"]] == [
            (3000, 4000, 2),
            (4000, 5000, 1),
        ]

    def test_counts_join_where_one_face_follows_another(
        self, api: APIClient, analysed: Video
    ) -> None:
        Track.objects.filter(start_ms=2500).update(start_ms=4000)

        answer = api.get(url(analysed, "faces")).json()

        assert answer["counts"] == [{"start_ms": 1000, "end_ms": 6000, "count": 1}]

    def test_spans_of_nudity_have_score_and_source(self, api: APIClient, analysed: Video) -> None:
        (span,) = api.get(url(analysed, "nudity")).json()["spans"]

        assert (span["start_ms"], span["end_ms"]) == (2000, 3500)
        assert (span["score"], span["confidence"]) == (0.9, 0.8)
        assert span["source"]["model"] == "open-nsfw"
        assert api.get(url(analysed, "nudity"), {"from_ms": 3500}).json() == {"spans": []}

    def test_sounds_have_label_score_and_source(self, api: APIClient, analysed: Video) -> None:
        (event,) = api.get(url(analysed, "sounds")).json()["events"]

        assert (event["label"], event["start_ms"], event["end_ms"]) == ("siren", 4000, 7500)
        assert (event["score"], event["confidence"]) == (0.9, 0.7)
        assert event["source"]["model"] == "yamnet"
        assert api.get(url(analysed, "sounds"), {"to_ms": 4000}).json() == {"events": []}

    def test_are_empty_before_the_analysis(self, api: APIClient) -> None:
        video = factories.make_video()

        assert api.get(url(video, "shots")).json() == {"shots": []}
        assert api.get(url(video, "texts")).json() == {"texts": []}
        assert api.get(url(video, "objects")).json() == {"tracks": []}
        assert api.get(url(video, "faces")).json() == {"tracks": [], "counts": []}
        assert api.get(url(video, "nudity")).json() == {"spans": []}
        assert api.get(url(video, "sounds")).json() == {"events": []}
        assert api.get(url(video, "speakers")).json() == {"speakers": [], "turns": []}
        assert api.get(url(video, "transcript")).json() == {
            "language": None,
            "imported": None,
            "cues": [],
        }
        assert api.get(url(video, "timeline")).json()["duration_ms"] is None

    @pytest.mark.parametrize(
        "name",
        [
            "shots",
            "texts",
            "objects",
            "faces",
            "nudity",
            "sounds",
            "summary",
            "chapters",
            "chapters.vtt",
            "keywords",
            "speakers",
            "entities",
            "duplicates",
            "timeline",
            "transcript",
            "transcript.vtt",
            "transcript.srt",
            "transcript.txt",
            "media",
            "poster.jpg",
            "storyboard.jpg",
            "storyboard.vtt",
            "shots/0.jpg",
        ],
    )
    def test_of_another_workspace_are_not_found(
        self, api: APIClient, analysed: Video, name: str
    ) -> None:
        Video.objects.update(workspace=factories.make_workspace())

        assert api.get(url(analysed, name)).status_code == 404
