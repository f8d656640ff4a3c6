"""`PUT` and `DELETE /videos/{id}/transcript`."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from pipeline.services import cancel
from tests import factories, subtitled
from tests.api.reading import url
from tests.api.test_document import errors
from videos.models import TranscriptImport, Video
from videos.services import MAX_SUBTITLES_BYTES

pytestmark = pytest.mark.django_db

_TRACKS = [
    {"index": 2, "codec": "subrip", "language": "ger", "title": None, "readable": True},
    {"index": 3, "codec": "dvd_subtitle", "language": None, "title": None, "readable": False},
]


@pytest.fixture
def video(db: None) -> Video:
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video, subtitle_streams=_TRACKS)
    return video


def put(api: APIClient, video: Video, content: bytes | str, **fields: Any) -> Any:
    encoded = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("../harbour.srt", encoded)
    return api.put(url(video, "transcript"), {"file": file} | fields, format="multipart")


class TestImport:
    def test_takes_a_form(self, api: APIClient, video: Video) -> None:
        response = put(api, video, subtitled.SRT, language="de")

        assert response.status_code == 202
        assert errors("import_transcript", 202, response.json()) == []
        assert response.json()["status"] == "PROCESSING"
        assert "read_subtitles" in [stage["name"] for stage in response.json()["stages"]]
        told = api.get(url(video, "transcript")).json()
        assert errors("get_transcript", 200, told) == []
        assert (told["imported"]["filename"], told["imported"]["language"]) == ("harbour.srt", "de")
        kept = TranscriptImport.objects.get(video=video)
        assert bytes(kept.content or b"") == subtitled.SRT.encode()

    @pytest.mark.parametrize(
        ("kind", "content"),
        [("text/vtt; charset=utf-8", subtitled.VTT), ("application/x-subrip", subtitled.SRT)],
    )
    def test_takes_a_body(self, api: APIClient, video: Video, kind: str, content: str) -> None:
        response = api.put(
            url(video, "transcript?language=fr"), content.encode(), content_type=kind
        )

        assert response.status_code == 202, response.content
        kept = TranscriptImport.objects.get(video=video)
        assert (kept.language, bytes(kept.content or b"")) == ("fr", content.encode())

    def test_takes_a_track_and_its_language(self, api: APIClient, video: Video) -> None:
        response = api.put(url(video, "transcript"), {"track": 2}, format="json")

        assert response.status_code == 202
        kept = TranscriptImport.objects.get(video=video)
        assert (kept.track, kept.language, kept.content) == (2, "de", None)

    def test_takes_the_videos_language_where_none_is_given(
        self, api: APIClient, video: Video
    ) -> None:
        Video.objects.update(language="nl")

        put(api, video, subtitled.SRT)

        assert TranscriptImport.objects.get(video=video).language == "nl"

    def test_again_is_the_same(self, api: APIClient, video: Video) -> None:
        put(api, video, subtitled.SRT)

        again = put(api, video, subtitled.SRT)

        assert again.status_code == 200
        assert errors("import_transcript", 200, again.json()) == []
        assert video.runs.count() == 1

    def test_waits_for_the_end_of_an_analysis(self, api: APIClient, video: Video) -> None:
        put(api, video, subtitled.SRT)

        response = put(api, video, subtitled.VTT)

        assert response.status_code == 409
        assert errors("import_transcript", 409, response.json()) == []
        assert response.json()["code"] == "invalid_transition"

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"", 400, "empty_file"),
            (b"\x89PNG\r\n\x1a\n" * 100, 400, "not_subtitles"),
            (b"--> " * (MAX_SUBTITLES_BYTES // 4 + 1), 413, "subtitles_too_large"),
        ],
        ids=["empty", "picture", "large"],
    )
    @pytest.mark.parametrize("form", [True, False])
    def test_refuses_what_are_no_subtitles(
        self, api: APIClient, video: Video, form: bool, content: bytes, status: int, code: str
    ) -> None:
        if form:
            response = put(api, video, content)
        else:
            response = api.put(url(video, "transcript"), content, content_type="text/vtt")

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert errors("import_transcript", status, response.json()) == []
        video.refresh_from_db()
        assert video.status == Video.Status.COMPLETED
        assert not TranscriptImport.objects.exists()

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"track": 0}, "unknown_track"),
            ({"track": 3}, "bitmap_subtitles"),
            ({"track": -1}, "validation_error"),
            ({"track": 2, "language": "German"}, "validation_error"),
            ({}, "validation_error"),
            ({"track": 2, "lang": "de"}, "validation_error"),
        ],
    )
    def test_refuses_tracks_that_cannot_be_read(
        self, api: APIClient, video: Video, body: dict[str, Any], code: str
    ) -> None:
        response = api.put(url(video, "transcript"), body, format="json")

        assert (response.status_code, response.json()["code"]) == (400, code)

    def test_knows_no_tracks_before_the_probe(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.FAILED)

        response = api.put(url(video, "transcript"), {"track": 2}, format="json")

        assert (response.status_code, response.json()["code"]) == (409, "not_probed")

    @pytest.mark.parametrize("kind", ["text/html", "application/zip"])
    def test_refuses_other_types(self, api: APIClient, video: Video, kind: str) -> None:
        assert api.put(url(video, "transcript"), b"x", content_type=kind).status_code == 415

    def test_of_another_workspace_is_not_found(self, api: APIClient) -> None:
        video = factories.make_video(
            workspace=factories.make_workspace(), status=Video.Status.COMPLETED
        )

        assert put(api, video, subtitled.SRT).status_code == 404
        assert api.delete(url(video, "transcript")).status_code == 404
        assert not TranscriptImport.objects.exists()


class TestForget:
    def test_starts_to_hear(self, api: APIClient, video: Video) -> None:
        put(api, video, subtitled.SRT)
        api.post(f"/api/v1/videos/{video.id}/cancel")

        response = api.delete(url(video, "transcript"))

        assert response.status_code == 202
        assert errors("forget_transcript", 202, response.json()) == []
        names = [stage["name"] for stage in response.json()["stages"]]
        assert "transcribe" in names
        assert "read_subtitles" not in names
        assert api.get(url(video, "transcript")).json()["imported"] is None

    def test_of_what_was_not_imported_is_not_found(self, api: APIClient, video: Video) -> None:
        answer = api.delete(url(video, "transcript"))

        assert answer.status_code == 404
        assert answer.json()["detail"] == "No transcript was imported for this video."

    def test_waits_for_the_end_of_an_analysis(self, api: APIClient, video: Video) -> None:
        put(api, video, subtitled.SRT)

        assert api.delete(url(video, "transcript")).status_code == 409


class TestCommand:
    @pytest.fixture
    def file(self, tmp_path: Path) -> str:
        (tmp_path / "a.srt").write_text(subtitled.SRT)
        return str(tmp_path / "a.srt")

    def test_takes_a_file_and_forgets_it(self, video: Video, file: str) -> None:
        call_command("videos", "subtitles", str(video.id), file, "--language", "de")
        assert TranscriptImport.objects.get(video=video).language == "de"
        cancel(video=video)

        call_command("videos", "subtitles", str(video.id), "--forget")

        assert not TranscriptImport.objects.exists()

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["/no/such.srt"], "/no/such.srt: No such file"),
            (["/dev/null"], "The file is empty"),
            (["--track", "7"], "no subtitles in track 7; it has some in 2, 3"),
            (["--track", "3"], "pictures of its words"),
            (["--forget"], "No transcript was imported"),
            (["--track", "2", "--language", "German"], "--language: It is an ISO 639 code"),
        ],
    )
    def test_refuses(self, video: Video, arguments: list[str], says: str) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("videos", "subtitles", str(video.id), *arguments)

        assert says in str(refused.value)
        video.refresh_from_db()
        assert video.status == Video.Status.COMPLETED


def test_admin_shows_what_was_imported(admin_client: Client, video: Video) -> None:
    TranscriptImport.objects.create(
        video=video, filename="<b>x</b>.srt", content=b"-->", checksum_sha256="0" * 64
    )

    page = admin_client.get(f"/admin/videos/video/{video.id}/change/").content.decode()

    assert "&lt;b&gt;x&lt;/b&gt;.srt" in page
    assert "dvd_subtitle" in page


def test_tracks_are_told_with_the_video(api: APIClient, video: Video) -> None:
    told = api.get(f"/api/v1/videos/{video.id}").json()

    assert json.loads(json.dumps(told["media"]["subtitles"])) == _TRACKS
    assert errors("get_video", 200, told) == []
