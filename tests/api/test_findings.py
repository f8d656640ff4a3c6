"""Timeline, transcript, shots, texts, objects, nudity, sounds."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pipeline.models import StageRun
from tests import factories
from videos.management.export import as_json, export
from videos.models import Track, Transcript, Video
from videos.selectors import video_get

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(db: None) -> Video:
    """A video with two shots, two cues, a text, a boat, two faces, nudity and a siren."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    run = factories.make_run(video)
    ended = {"status": StageRun.Status.SUCCEEDED}
    shots = factories.make_stage_run(run, "detect_shots", version=2, **ended)
    speech = factories.make_stage_run(run, "transcribe", model="whisper-base", **ended)
    texts = factories.make_stage_run(run, "read_text", **ended)
    factories.make_shot(
        video,
        shots,
        index=1,
        start_ms=5000,
        end_ms=10_000,
        confidence=0.7,
        transition="dissolve",
        transition_ms=640,
    )
    factories.make_shot(video, shots)
    Transcript.objects.create(video=video, stage_run=speech, language="en")
    factories.make_cue(video, speech, start_ms=6000, end_ms=7000, text="Two <i>&\nthree.")
    factories.make_cue(video, speech)
    factories.make_screen_text(video, texts)
    objects = factories.make_stage_run(run, "find_objects", model="yolox-nano", **ended)
    factories.make_track(video, objects)
    faces = factories.make_stage_run(run, "find_faces", model="centerface", **ended)
    for start_ms, end_ms in ((1000, 4000), (2500, 6000)):
        factories.make_track(
            video, faces, kind="face", label="face", start_ms=start_ms, end_ms=end_ms
        )
    screen = factories.make_stage_run(run, "screen_nudity", model="open-nsfw", **ended)
    factories.make_nudity_span(video, screen)
    ear = factories.make_stage_run(run, "hear_events", model="yamnet", **ended)
    factories.make_sound_event(video, ear)
    chapters = factories.make_stage_run(run, "split_chapters", model="minilm", **ended)
    factories.make_chapter(video, chapters)
    split = factories.make_stage_run(run, "split_speakers", model="campplus", **ended)
    factories.make_turn(video, split)
    return video


def url(video: Video, name: str) -> str:
    return f"/api/v1/videos/{video.id}/{name}"


class TestFindings:
    def test_shots_come_in_order_with_keyframe_and_source(
        self, api: APIClient, video: Video
    ) -> None:
        shots = api.get(url(video, "shots")).json()["shots"]

        assert [shot["index"] for shot in shots] == [0, 1]
        assert shots[1]["confidence"] == 0.7
        assert [shot["transition"] for shot in shots] == [None, "dissolve"]
        assert [shot["transition_ms"] for shot in shots] == [0, 640]
        assert shots[1]["keyframe_url"].endswith(url(video, "shots/1.jpg"))
        assert shots[0]["source"] == {"stage": "detect_shots", "version": 2, "model": None}

    def test_transcript_has_language_and_words(self, api: APIClient, video: Video) -> None:
        transcript = api.get(url(video, "transcript")).json()

        assert transcript["language"] == "en"
        first = transcript["cues"][0]
        assert first["words"] == [
            {"start_ms": 1000, "end_ms": 1500, "text": "Ships", "probability": 0.9}
        ]
        assert first["flags"] == []
        assert first["source"]["model"] == "whisper-base"

    def test_texts_have_boxes(self, api: APIClient, video: Video) -> None:
        texts = api.get(url(video, "texts")).json()["texts"]

        assert [text["box"] for text in texts] == [[0.1, 0.2, 0.3, 0.1]]

    def test_objects_are_tracks_with_boxes(self, api: APIClient, video: Video) -> None:
        (track,) = api.get(url(video, "objects")).json()["tracks"]

        assert (track["label"], track["start_ms"], track["end_ms"]) == ("boat", 1000, 4000)
        assert track["boxes"] == [{"at_ms": 1000, "box": [0.1, 0.2, 0.3, 0.1], "confidence": 0.8}]
        assert track["source"] == {"stage": "find_objects", "version": 1, "model": "yolox-nano"}

    @pytest.mark.parametrize("name", ["objects", "faces"])
    def test_tracks_come_without_boxes_on_request(
        self, api: APIClient, video: Video, name: str
    ) -> None:
        whole = api.get(url(video, name)).json()

        with CaptureQueriesContext(connection) as queries:
            answer = api.get(url(video, name), {"boxes": "none"}).json()

        assert answer == whole | {"tracks": [track | {"boxes": []} for track in whole["tracks"]]}
        assert not any('"boxes"' in query["sql"] for query in queries)
        timeline = api.get(url(video, "timeline"), {"boxes": "none", "kinds": name[:-1]}).json()
        assert timeline["tracks"][0]["items"] == answer["tracks"]

    def test_faces_are_tracks_and_counts_of_how_many_at_once(
        self, api: APIClient, video: Video
    ) -> None:
        answer = api.get(url(video, "faces")).json()

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

    def test_counts_keep_to_the_span_asked_for(self, api: APIClient, video: Video) -> None:
        answer = api.get(url(video, "faces"), {"from_ms": 3000, "to_ms": 5000}).json()

        assert [tuple(run.values()) for run in answer["counts"]] == [
            (3000, 4000, 2),
            (4000, 5000, 1),
        ]

    def test_counts_join_where_one_face_follows_another(self, api: APIClient, video: Video) -> None:
        Track.objects.filter(start_ms=2500).update(start_ms=4000)

        answer = api.get(url(video, "faces")).json()

        assert answer["counts"] == [{"start_ms": 1000, "end_ms": 6000, "count": 1}]

    def test_spans_of_nudity_have_score_and_source(self, api: APIClient, video: Video) -> None:
        (span,) = api.get(url(video, "nudity")).json()["spans"]

        assert (span["start_ms"], span["end_ms"]) == (2000, 3500)
        assert (span["score"], span["confidence"]) == (0.9, 0.8)
        assert span["source"]["model"] == "open-nsfw"
        assert api.get(url(video, "nudity"), {"from_ms": 3500}).json() == {"spans": []}

    def test_sounds_have_label_score_and_source(self, api: APIClient, video: Video) -> None:
        (event,) = api.get(url(video, "sounds")).json()["events"]

        assert (event["label"], event["start_ms"], event["end_ms"]) == ("siren", 4000, 7500)
        assert (event["score"], event["confidence"]) == (0.9, 0.7)
        assert event["source"]["model"] == "yamnet"
        assert api.get(url(video, "sounds"), {"to_ms": 4000}).json() == {"events": []}

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
        self, api: APIClient, video: Video, name: str
    ) -> None:
        Video.objects.update(workspace=factories.make_workspace())

        assert api.get(url(video, name)).status_code == 404


class TestTimeline:
    def test_items_equal_those_of_their_endpoints(self, api: APIClient, video: Video) -> None:
        timeline = api.get(url(video, "timeline")).json()

        tracks = {track["kind"]: track["items"] for track in timeline["tracks"]}
        assert timeline["duration_ms"] == 10_000
        assert tracks == {
            "shot": api.get(url(video, "shots")).json()["shots"],
            "cue": api.get(url(video, "transcript")).json()["cues"],
            "text": api.get(url(video, "texts")).json()["texts"],
            "object": api.get(url(video, "objects")).json()["tracks"],
            "face": api.get(url(video, "faces")).json()["tracks"],
            "nudity": api.get(url(video, "nudity")).json()["spans"],
            "sound": api.get(url(video, "sounds")).json()["events"],
            "chapter": api.get(url(video, "chapters")).json()["chapters"],
            "speaker": api.get(url(video, "speakers")).json()["turns"],
        }

    def test_shows_the_kinds_and_the_span_asked_for(self, api: APIClient, video: Video) -> None:
        query = {"kinds": "text,shot", "from_ms": "4000", "to_ms": "5000"}

        tracks = api.get(url(video, "timeline"), query).json()["tracks"]

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
    def test_refuses(self, api: APIClient, video: Video, query: dict[str, Any], field: str) -> None:
        response = api.get(url(video, "timeline"), query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]


class TestTranscriptFiles:
    def test_vtt_is_escaped(self, api: APIClient, video: Video) -> None:
        response = api.get(url(video, "transcript.vtt"), headers={"Accept": "text/vtt"})

        assert response["Content-Type"] == "text/vtt; charset=utf-8"
        assert response.content.decode().startswith("WEBVTT\n\n")
        assert "00:00:06.000 --> 00:00:07.000\nTwo &lt;i&gt;&amp;\nthree." in (
            response.content.decode()
        )

    def test_srt_and_text(self, api: APIClient, video: Video) -> None:
        srt = api.get(url(video, "transcript.srt"))
        text = api.get(url(video, "transcript.txt"))

        assert "00:00:01,000 --> 00:00:03,000\nShips leave the harbour." in srt.content.decode()
        assert text["Content-Type"] == "text/plain; charset=utf-8"
        assert text.content.decode().splitlines()[0] == "Ships leave the harbour."

    def test_are_named_after_the_video_and_tell_their_language(
        self, api: APIClient, video: Video
    ) -> None:
        Video.objects.update(title='Häfen "at"\r\nX-Evil: 1/dawn')

        srt = api.get(url(video, "transcript.srt"))

        assert srt["Content-Language"] == "en"
        disposition = srt["Content-Disposition"]
        assert disposition == (
            "inline; filename*=utf-8''H%C3%A4fen%20%22at%22X-Evil%3A%201-dawn.en.srt"
        )
        assert "\n" not in disposition and "X-Evil" not in srt.headers

    def test_leave_flagged_cues_out_where_asked_to(self, api: APIClient, video: Video) -> None:
        speech = StageRun.objects.get(name="transcribe")
        factories.make_cue(video, speech, start_ms=8000, end_ms=9000, text="La.", flags=["music"])

        kept = api.get(url(video, "transcript.vtt")).content.decode()
        omitted = api.get(url(video, "transcript.vtt"), {"flagged": "omit"}).content.decode()

        assert "La." in kept
        assert "La." not in omitted and "three." in omitted
        assert api.get(url(video, "transcript.vtt"), {"flagged": "x"}).status_code == 400

    def test_end_at_the_cut_at_which_speech_ends(self, api: APIClient, video: Video) -> None:
        video.shot_set.filter(index=1).update(transition="cut", start_ms=2900)

        vtt = api.get(url(video, "transcript.vtt")).content.decode()

        assert "00:00:01.000 --> 00:00:02.820\nShips" in vtt

    @pytest.mark.parametrize("name", ["timeline", "transcript", "transcript.vtt"])
    def test_many_cues_cost_the_same_queries_as_few(
        self, api: APIClient, video: Video, name: str
    ) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert api.get(url(video, name)).status_code == 200
            return len(queries)

        few = count()
        for start_ms in range(10):
            factories.make_cue(video, StageRun.objects.get(name="transcribe"), start_ms=start_ms)

        assert count() == few


class TestExport:
    def test_has_every_part_shaped_as_its_endpoint_answers(
        self, api: APIClient, video: Video
    ) -> None:
        shown = video_get(workspace=video.workspace, video_id=video.id)

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
            answer = api.get(url(video, part)).content.decode().replace("http://testserver", "")
            assert exported[part] == json.loads(answer), part
        answer = api.get(url(video, "")[:-1]).content.decode().replace("http://testserver", "")
        assert exported["video"] == json.loads(answer)
