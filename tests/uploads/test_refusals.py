"""What an upload by tus is refused for, before a byte of it comes or later."""

import errno
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests import factories
from tests.uploads.tus import TYPE, URL, Tus, metadata, problem, sha1
from videos.models import Upload, Video, Workspace

pytestmark = pytest.mark.django_db

CONTENT = b"\x00\x01not really a video" * 1000
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class TestRefusal:
    @pytest.mark.parametrize(
        ("pairs", "key"),
        [
            ({"title": "a" * 301}, "title"),
            ({"title": "\x00"}, "title"),
            ({"language": "English"}, "language"),
            ({"profile": "best"}, "profile"),
            ({"priority": "10"}, "priority"),
            ({"metadata": "[]"}, "metadata"),
            ({"metadata": "{"}, "metadata"),
            ({"titel": "Dawn"}, "titel"),
        ],
    )
    def test_names_the_key(self, tus: Tus, pairs: dict[str, str], key: str) -> None:
        response = tus.create(5, headers=metadata(**pairs))

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        assert list(problem(response)["errors"]) == [key]
        assert not Upload.objects.exists()

    def test_of_what_is_no_text_names_the_key(self, tus: Tus) -> None:
        response = tus.create(5, headers={"Upload-Metadata": "title /w=="})

        assert list(problem(response)["errors"]) == ["title"]

    @pytest.mark.parametrize(
        ("size", "body", "more", "status", "code"),
        [
            (0, b"", {}, 400, "empty_file"),
            (5, b"hello!", {}, 413, "beyond_length"),
            (101, b"", {}, 413, "upload_too_large"),
            (None, b"a" * 101, {}, 413, "upload_too_large"),
            (5, b"hello", sha1(b"hullo"), 460, "checksum_mismatch"),
        ],
    )
    def test_of_a_creation_leaves_nothing(
        self,
        tus: Tus,
        media_root: Path,
        settings: Any,
        size: int | None,
        body: bytes,
        more: dict[str, str],
        status: int,
        code: str,
    ) -> None:
        settings.MAX_UPLOAD_BYTES = 100

        response = tus.create(size, body, headers=more)

        assert response.status_code == status
        assert problem(response)["code"] == code
        assert not Upload.objects.exists()
        assert not any(path.is_file() for path in media_root.rglob("*"))

    @pytest.mark.parametrize(("length", "status"), [("1", 400), ("0", 400), ("101", 413)])
    def test_of_a_length_that_cannot_be(
        self, tus: Tus, settings: Any, length: str, status: int
    ) -> None:
        settings.MAX_UPLOAD_BYTES = 100
        url = tus.begin(None, b"he")

        response = tus.patch(url, 2, b"", headers={"Upload-Length": length})

        assert response.status_code == status
        assert tus.offset(url) == 2

    def test_of_more_than_the_length_takes_nothing(self, tus: Tus) -> None:
        url = tus.begin(5, b"he")

        response = tus.patch(url, 2, b"llo!")

        assert response.status_code == 413
        assert tus.offset(url) == 2

    def test_of_a_full_disk_keeps_what_is_there(self, tus: Tus) -> None:
        url = tus.begin(5, b"he")
        full = OSError(errno.ENOSPC, "No space left on device")

        with patch("videos.services.receiving.write_all", side_effect=full):
            response = tus.patch(url, 2, b"llo")

        assert response.status_code == 507
        assert tus.offset(url) == 2

    def test_of_a_disk_that_others_fill_keeps_what_came(self, tus: Tus) -> None:
        url = tus.begin(5, b"he")
        room = [SimpleNamespace(free=1 << 40), SimpleNamespace(free=0)]

        with patch("videos.services.admission.shutil.disk_usage", side_effect=room):
            response = tus.patch(url, 2, b"llo")

        assert response.status_code == 507
        assert tus.offset(url) == 2

    @pytest.mark.parametrize("size", [4, None])
    def test_of_a_quota_that_other_uploads_fill(self, tus: Tus, size: int | None) -> None:
        Workspace.objects.update(max_bytes=6)
        urls = [tus.begin(size), tus.begin(size)]

        answers = [tus.patch(url, 0, b"heh") for url in urls]
        refused = tus.patch(urls[1], 3 if size is None else 0, b"el")

        assert [answer.status_code for answer in answers] == ([204, 403] if size else [204, 204])
        assert (refused.status_code, json.loads(refused.content)["code"]) == (403, "quota_exceeded")

    def test_of_one_more_than_may_become_videos(self, tus: Tus) -> None:
        Workspace.objects.update(max_videos=2)
        begun = [tus.begin(3) for _ in range(2)]

        refused = tus.create(3)
        ended = [tus.patch(url, 0, b"abc") for url in begun]

        assert (refused.status_code, problem(refused)["quota"]) == (403, "videos")
        assert [answer.status_code for answer in ended] == [204, 204]
        assert Video.objects.count() == 2

    def test_counts_no_byte_of_its_own_twice(self, tus: Tus) -> None:
        Workspace.objects.update(max_bytes=5)
        url = tus.begin(None, b"he")

        response = tus.patch(url, 2, b"llo", headers={"Upload-Length": "5"})

        assert response.status_code == 204
        assert "Video-Location" in response

    def test_of_a_workspace_that_is_not_ours(self, tus: Tus) -> None:
        url = tus.begin(5)
        Upload.objects.update(workspace=factories.make_workspace())

        answers = [tus.head(url), tus.patch(url, 0, b"hello"), tus.delete(url)]

        assert [answer.status_code for answer in answers] == [404, 404, 404]

    def test_of_who_sends_no_token(self) -> None:
        stranger = Tus(APIClient())

        assert stranger.create(5).status_code == 401
        assert stranger.request("OPTIONS").status_code == 204

    def test_of_a_session_without_its_csrf_header(self, user: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        client.cookies["csrftoken"] = "a" * 32
        told = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}

        def create(more: dict[str, str]) -> int:
            sent: Any = client.generic("POST", URL, b"hello", TYPE, headers=told | more)
            return int(sent.status_code)

        assert create({}) == 403
        assert create({"X-CSRFToken": "a" * 32}) == 201
