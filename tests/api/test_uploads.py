"""`POST /videos`: what enters, what is refused, and what stays on disk."""

import errno
import hashlib
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_q.models import OrmQ
from rest_framework.test import APIClient

from pipeline import store
from pipeline.services import announce
from videos.models import Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/videos"
CONTENT = b"\x00\x01not really a video" * 1000


def clip(content: bytes = CONTENT, name: str = "harbour.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


class Unreadable:
    """A body that nobody may touch."""

    def read(self, *args: object) -> bytes:
        raise AssertionError("The body was read.")

    readline = read


UNREADABLE: dict[str, Any] = {"wsgi.input": Unreadable()}


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestUpload:
    def test_answers_202_with_the_video_and_its_address(self, api: APIClient) -> None:
        response = api.post(URL, {"file": clip()})

        assert response.status_code == 202
        video = response.json()
        assert response["Location"] == video["url"]
        assert api.get(response["Location"]).json()["id"] == video["id"]
        assert video["status"] == "UPLOADED"
        assert video["title"] == "harbour"
        assert video["filename"] == "harbour.mp4"
        assert video["size_bytes"] == len(CONTENT)
        assert video["checksum_sha256"] == hashlib.sha256(CONTENT).hexdigest()
        assert video["progress"] == 0.0
        assert video["media"] is None
        assert video["stages"][0]["name"] == "probe"

    def test_answers_what_a_look_at_the_video_answers(self, api: APIClient) -> None:
        announce("io")

        answer = api.post(URL, {"file": clip()})

        assert api.get(answer["Location"]).json() == answer.json()
        assert answer.json()["stages"][0]["waiting_for"]["code"] == "queue"

    def test_asks_the_database_little(self, api: APIClient, django_assert_num_queries: Any) -> None:
        """Each question waits for a busy machine: for the token, the workspace, …"""
        announce("io")

        with django_assert_num_queries(11):
            answer = api.post(URL, {"file": clip()})

        assert answer.status_code == 202

    def test_keeps_the_fields(self, api: APIClient) -> None:
        form = {
            "file": clip(),
            "title": "Dawn",
            "language": "de",
            "profile": "fast",
            "priority": "9",
            "metadata": json.dumps({"camera": {"pier": 2}}),
        }

        video = api.post(URL, form).json()

        assert video["title"] == "Dawn"
        assert video["language"] == "de"
        assert video["profile"] == "fast"
        assert video["priority"] == 9
        assert video["metadata"] == {"camera": {"pier": 2}}

    def test_moves_the_file_to_its_place_and_rings_once_a_queue(
        self, api: APIClient, media_root: Path
    ) -> None:
        video = api.post(URL, {"file": clip()}).json()

        source = store.source_path(video["id"])
        assert source.read_bytes() == CONTENT
        assert files_below(media_root) == [source]
        assert OrmQ.objects.count() == 1

    def test_shows_only_the_last_part_of_a_name(self, api: APIClient) -> None:
        name = "../../etc/\u202egnp.mp4"

        video = api.post(URL, {"file": clip(name=name)}).json()

        assert video["filename"] == "gnp.mp4"


class TestRefusedUpload:
    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ({}, "file"),
            ({"file": "a text"}, "file"),
            ({"file": clip(), "profile": "best"}, "profile"),
            ({"file": clip(), "priority": "10"}, "priority"),
            ({"file": clip(), "priority": "high"}, "priority"),
            ({"file": clip(), "language": "English"}, "language"),
            ({"file": clip(), "metadata": "[]"}, "metadata"),
            ({"file": clip(), "metadata": "{"}, "metadata"),
            ({"file": clip(), "metadata": '{"a": "\\u0000"}'}, "metadata"),
            ({"file": clip(), "metadata": '{"a": "\\ud800"}'}, "metadata"),
            ({"file": clip(), "metadata": '{"a": NaN}'}, "metadata"),
            ({"file": clip(), "metadata": '{"a": [-1e999]}'}, "metadata"),
            ({"file": clip(), "metadata": '{"a":' * 2000 + "1" + "}" * 2000}, "metadata"),
            ({"file": clip(), "title": "a" * 301}, "title"),
            ({"file": clip(), "titel": "Dawn"}, "titel"),
            ({"film": clip()}, "film"),
            ({"file": [clip(), clip()]}, "file"),
        ],
    )
    def test_names_the_field_and_leaves_nothing(
        self, api: APIClient, media_root: Path, form: dict[str, Any], field: str
    ) -> None:
        for file in form.values():
            for part in file if isinstance(file, list) else [file]:
                if isinstance(part, SimpleUploadedFile):
                    part.seek(0)

        response = api.post(URL, form)

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "validation_error"
        assert list(response.json()["errors"]) == [field]
        assert files_below(media_root) == []
        assert not Video.objects.exists()

    def test_empty_file_has_its_own_code(self, api: APIClient, media_root: Path) -> None:
        response = api.post(URL, {"file": clip(b"")})

        assert response.status_code == 400
        assert response.json()["code"] == "empty_file"
        assert files_below(media_root) == []

    def test_announced_size_over_the_limit_is_refused_unread(
        self, api: APIClient, media_root: Path, settings: Any
    ) -> None:
        settings.MAX_UPLOAD_BYTES = 100_000

        response = api.generic(
            "POST",
            URL,
            content_type="multipart/form-data; boundary=b",
            CONTENT_LENGTH="4294967296",
            **UNREADABLE,
        )

        assert response.status_code == 413
        assert response.json()["code"] == "upload_too_large"
        assert files_below(media_root) == []

    def test_file_over_the_limit_is_dropped_on_the_way(
        self, api: APIClient, media_root: Path, settings: Any
    ) -> None:
        settings.MAX_UPLOAD_BYTES = len(CONTENT) - 1

        response = api.post(URL, {"file": clip()})

        assert response.status_code == 413
        assert response.json()["code"] == "upload_too_large"
        assert files_below(media_root) == []

    def test_body_that_ends_early_leaves_nothing(self, api: APIClient, media_root: Path) -> None:
        head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        body = head + CONTENT.decode("latin-1")

        response = api.generic("POST", URL, body, content_type="multipart/form-data; boundary=b")

        assert response.status_code == 400
        assert response.json()["code"] == "upload_incomplete"
        assert files_below(media_root) == []

    def test_body_of_unknown_length_is_refused(self, api: APIClient) -> None:
        response = api.generic(
            "POST",
            URL,
            content_type="multipart/form-data; boundary=b",
            HTTP_TRANSFER_ENCODING="chunked",
        )

        assert response.status_code == 411
        assert response.json()["code"] == "length_required"

    def test_text_is_an_unsupported_type(self, api: APIClient) -> None:
        response = api.post(URL, "a video", content_type="text/plain")

        assert response.status_code == 415
        assert response.json()["code"] == "unsupported_media_type"
        assert "multipart/form-data" in response.json()["detail"]

    def test_failed_transaction_leaves_nothing(self, api: APIClient, media_root: Path) -> None:
        with patch("pipeline.services.start", side_effect=RuntimeError("no queue")):
            response = api.post(URL, {"file": clip()})

        assert response.status_code == 500
        assert response.json()["code"] == "internal_error"
        assert "no queue" not in response.content.decode()
        assert files_below(media_root) == []
        assert not Video.objects.exists()

    def test_full_disk_leaves_nothing(self, api: APIClient, media_root: Path) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")

        with patch("videos.services.uploads.os.fsync", side_effect=full):
            response = api.post(URL, {"file": clip()})

        assert response.status_code == 507
        assert response.json()["code"] == "storage_full"
        assert files_below(media_root) == []


class TestUploadBySession:
    def test_without_the_csrf_header_is_refused_unread(self, user: Any, media_root: Path) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)

        response = client.generic(
            "POST",
            URL,
            content_type="multipart/form-data; boundary=b",
            CONTENT_LENGTH="1000",
            **UNREADABLE,
        )

        assert response.status_code == 403
        assert response.json()["code"] == "permission_denied"

    def test_with_the_csrf_header_is_accepted(self, user: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        client.cookies["csrftoken"] = "a" * 32

        response = client.post(URL, {"file": clip()}, headers={"X-CSRFToken": "a" * 32})

        assert response.status_code == 202
