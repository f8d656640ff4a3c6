"""From an upload to a timeline, through real workers and real engines."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipeline.fleet import Fleet
from pipeline.selectors import served_queues
from tests import broken, clips
from tests.patience import until
from tests.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)

_SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "sample"
_FRAME_MS = 40
_DEAF = {"extract_audio": "no_audio", "transcribe": "no_audio"}
_BLIND = {"sample_frames": "no_video", "detect_shots": "no_video", "transcribe": "no_speech"}
# name → how it is made, how it ends, why stages end otherwise than well
_STRANGE: dict[str, tuple[Callable[[Path], Any], str, dict[str, str]]] = {
    "words.mp4": (broken.text, "FAILED", {"probe": "not_media", "read_text": "upstream_failed"}),
    "list.mp4": (broken.playlist, "FAILED", {"probe": "not_media"}),
    "picture.mp4": (broken.still, "FAILED", {"probe": "not_media"}),
    "torn.mp4": (broken.cut_off_index, "FAILED", {"probe": "truncated"}),
    "nothing.mp4": (broken.no_pictures, "FAILED", {"probe": "zero_duration"}),
    "locked.mp4": (broken.encrypted, "FAILED", {"probe": "encrypted"}),
    "noise.mp4": (broken.undecodable, "FAILED", {"probe": "corrupt_media"}),
    "half.mp4": (broken.cut_off_end, "COMPLETED", {}),
    "silent.mp4": (clips.no_sound, "COMPLETED", _DEAF),
    "tone.wav": (clips.sound_only, "COMPLETED", _BLIND),
}


class TestTheSample:
    """One analysis, looked at from every side: it is the slowest thing the suite does."""

    def test_becomes_a_timeline(
        self, workers: Fleet, loopback_allowed: None, api: APIClient
    ) -> None:
        truth = json.loads((_SAMPLE / "sample.json").read_text())

        created = _upload(api, "sample.mp4", (_SAMPLE / "sample.mp4").read_bytes())
        seen = _follow(api, created["url"], workers)

        video = seen[-1]
        assert video["status"] == "COMPLETED", video
        _assert_progress_never_falls(seen)
        _assert_shots(api, created["url"], truth)
        _assert_transcript(api, created["url"], truth)
        _assert_texts(api, created["url"], truth)
        _assert_timeline_equals_its_parts(api, created["url"])
        _assert_files(api, video)
        _assert_found_by_search(api, video)
        with serving((_SAMPLE / "sample.mp4").read_bytes(), break_after=[100_000]) as served:
            again = _post(api, {"source_url": served.url("/again.mp4")}, format="json")
            twin = _follow(api, again["url"], workers)[-1]
        assert [stage["name"] for stage in twin["stages"] if not stage["reused"]] == ["fetch"]
        # A worker that had no processor for ten seconds is told of again once it has.
        until(lambda: served_queues() == {"cpu", "io", "net"}, meanwhile=workers.tend)
        _assert_timelines_are_equal(api, created["url"], again["url"])
        assert api.delete(created["url"]).status_code == 204
        assert api.get(created["url"]).status_code == 404
        _assert_files(api, twin)
        assert api.delete(again["url"]).status_code == 204
        assert api.get("/api/v1/search", {"q": "earth"}).json()["results"] == []


class TestStrangeFiles:
    """Each ends, with what can be found in it or with a reason, and holds up no other."""

    def test_end_as_they_should(self, workers: Fleet, api: APIClient, tmp_path: Path) -> None:
        created = {}
        for name, (make, *_) in _STRANGE.items():
            make(tmp_path / name)
            created[name] = _upload(api, name, (tmp_path / name).read_bytes())

        ended = {name: _follow(api, one["url"], workers)[-1] for name, one in created.items()}

        for name, (_, status, codes) in _STRANGE.items():
            video = ended[name]
            reasons = {s["name"]: s["reason"]["code"] for s in video["stages"] if s["reason"]}
            assert video["status"] == status, (name, video)
            assert codes.items() <= reasons.items(), (name, reasons)
            if status == "FAILED":
                assert video["status_reason"]["code"] == codes["probe"], name
                assert video["status_reason"]["message"].endswith("."), name
                assert api.get(f"{video['url']}/shots").json() == {"shots": []}


def _upload(api: APIClient, name: str, data: bytes) -> dict[str, Any]:
    return _post(api, {"file": SimpleUploadedFile(name, data)})


def _post(api: APIClient, body: dict[str, Any], **how: Any) -> dict[str, Any]:
    response = api.post("/api/v1/videos", body, **how)
    assert response.status_code == 202, response.content
    answer: dict[str, Any] = response.json()
    assert answer["status"] == "UPLOADED"
    return answer


def _follow(api: APIClient, url: str, workers: Fleet) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []

    def ended() -> bool:
        seen.append(api.get(url).json())
        return seen[-1]["status"] not in {"UPLOADED", "PROCESSING"}

    until(ended, meanwhile=workers.tend)
    return seen


def _assert_progress_never_falls(seen: list[dict[str, Any]]) -> None:
    progress = [video["progress"] for video in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


def _assert_shots(api: APIClient, url: str, truth: dict[str, Any]) -> None:
    shots = api.get(f"{url}/shots").json()["shots"]
    starts = [shot["start_ms"] for shot in shots]
    expected = [shot["start_ms"] for shot in truth["shots"]]
    assert len(starts) == len(expected)
    for found, real in zip(starts, expected, strict=True):
        assert abs(found - real) <= _FRAME_MS
    for shot in shots:
        keyframe = api.get(shot["keyframe_url"])
        assert _content(keyframe)[:2] == b"\xff\xd8"  # a JPEG's first bytes


def _assert_transcript(api: APIClient, url: str, truth: dict[str, Any]) -> None:
    transcript = api.get(f"{url}/transcript").json()
    said = " ".join(sentence["text"] for sentence in truth["sentences"])
    heard = " ".join(cue["text"] for cue in transcript["cues"])
    assert transcript["language"] == "en"
    assert jiwer.wer(_plain(said), _plain(heard)) <= 0.15
    for cue in transcript["cues"]:
        assert cue["end_ms"] - cue["start_ms"] <= 7000
        assert all(len(line) <= 42 for line in cue["text"].split("\n"))
        assert cue["source"]["stage"] == "transcribe"
    assert api.get(f"{url}/transcript.vtt").content.startswith(b"WEBVTT")
    assert b" --> " in api.get(f"{url}/transcript.srt").content


def _assert_texts(api: APIClient, url: str, truth: dict[str, Any]) -> None:
    texts = api.get(f"{url}/texts").json()["texts"]
    for title in truth["titles"]:
        wanted = _letters(title["text"])
        found = [text for text in texts if _letters(text["text"]) in wanted]
        assert found, title
        assert any(
            text["start_ms"] < title["end_ms"] and text["end_ms"] > title["start_ms"]
            for text in found
        ), title


def _assert_timeline_equals_its_parts(api: APIClient, url: str) -> None:
    timeline = api.get(f"{url}/timeline").json()
    tracks = {track["kind"]: track["items"] for track in timeline["tracks"]}
    assert tracks["shot"] == api.get(f"{url}/shots").json()["shots"]
    assert tracks["cue"] == api.get(f"{url}/transcript").json()["cues"]
    assert tracks["text"] == api.get(f"{url}/texts").json()["texts"]


def _assert_timelines_are_equal(api: APIClient, *urls: str) -> None:
    """Equal but for the ids of the findings."""

    def without_ids(url: str) -> list[Any]:
        tracks = api.get(f"{url}/timeline").json()["tracks"]
        shown = json.dumps([item for track in tracks for item in track["items"]])
        return [re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", shown)]

    first, *others = map(without_ids, urls)
    assert all(other == first for other in others)


def _assert_files(api: APIClient, video: dict[str, Any]) -> None:
    part = api.get(video["links"]["media"], headers={"range": "bytes=0-99"})
    assert part.status_code == 206
    assert len(_content(part)) == 100
    for name in ("poster", "storyboard", "storyboard_vtt"):
        assert api.get(video["links"][name]).status_code == 200, name


def _assert_found_by_search(api: APIClient, video: dict[str, Any]) -> None:
    transcript = api.get(video["links"]["transcript"]).json()
    longest = max(
        (word for cue in transcript["cues"] for word in cue["words"]),
        key=lambda word: len(word["text"]),
    )
    hit = api.get("/api/v1/search", {"q": longest["text"], "kinds": "cue"}).json()["results"][0]
    assert hit["video"]["id"] == video["id"]
    assert hit["start_ms"] <= longest["start_ms"] < hit["end_ms"]
    assert "<mark>" in hit["highlight"]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.casefold()))


def _content(response: Any) -> bytes:
    return b"".join(response)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
