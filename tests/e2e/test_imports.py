"""Subtitles that take the place of what is heard, through real workers."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipeline.fleet import Fleet
from tests import subtitled
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)

_ENDED = ("COMPLETED", "FAILED")


class TestATrackOfSubtitles:
    def test_is_the_transcript_until_it_is_forgotten(
        self, workers: Fleet, api: APIClient, tmp_path: Path
    ) -> None:
        subtitled.write(tmp_path / "talk.mkv", ("srt", subtitled.SRT), seconds=9)
        file = SimpleUploadedFile("talk.mkv", (tmp_path / "talk.mkv").read_bytes())
        url = api.post(
            "/api/v1/videos", {"file": file, "profile": "fast", "language": "en"}
        ).json()["url"]

        def video() -> dict[str, Any]:
            shown: dict[str, Any] = api.get(url).json()
            return shown

        def ended() -> dict[str, Any]:
            until(lambda: video()["status"] in _ENDED, meanwhile=workers.tend)
            assert video()["status"] == "COMPLETED", video()
            return video()

        def stages(video: dict[str, Any]) -> dict[str, bool]:
            return {one["name"]: one["reused"] for one in video["stages"]}

        def found(word: str) -> int:
            return len(api.get("/api/v1/search", {"q": word, "kinds": "cue"}).json()["results"])

        (track,) = ended()["media"]["subtitles"]
        heard = api.get(f"{url}/transcript").json()["cues"]
        word = max(heard[0]["text"].split(), key=len).strip(".,")
        assert (bool(found(word)), found("ships")) == (True, 0)

        asked = api.put(f"{url}/transcript", {"track": track["index"]}, format="json")
        imported = stages(ended())
        cues = api.get(f"{url}/transcript").json()["cues"]

        assert asked.status_code == 202
        assert imported.pop("read_subtitles") is False
        assert imported["probe"] and imported["detect_speech"] and "transcribe" not in imported
        assert [cue["text"] for cue in cues] == [text for _, _, text in subtitled.SAID]
        assert all(cue["words"] == [] and cue["confidence"] is None for cue in cues)
        assert cues[0]["source"] == {"stage": "read_subtitles", "version": 1, "model": None}
        assert (found(word), found("ships")) == (0, 1)
        assert "Ships leave &amp; go." in api.get(f"{url}/transcript.vtt").content.decode()

        api.post(f"{url}/reprocess", {"stages": ["read_subtitles"]}, format="json")
        ended()
        again = api.get(f"{url}/transcript").json()["cues"]
        assert [cue["text"] for cue in again] == [cue["text"] for cue in cues]

        assert api.put(f"{url}/transcript", {"track": 1}, format="json").status_code == 200
        assert api.delete(f"{url}/transcript").status_code == 202
        assert "read_subtitles" not in stages(ended())
        once_more = api.get(f"{url}/transcript").json()["cues"]
        assert [cue["text"] for cue in once_more] == [cue["text"] for cue in heard]
        assert (bool(found(word)), found("ships")) == (True, 0)
