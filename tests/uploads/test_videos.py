"""What a resumable upload becomes: one video, whatever happens on the way."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from pipeline import store
from pipeline.services import remove_leftovers
from pipeline.store import StorageUnavailable
from tests import factories
from tests.uploads.tus import Tus, metadata, problem, sha1
from videos.models import Upload, Video
from videos.services import uploads_sweep

pytestmark = pytest.mark.django_db

CONTENT = b"\x00\x01not really a video" * 1000
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def part(url: str) -> Path:
    return store.part_path(UUID(url.rsplit("/", 1)[-1]))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def killed_before_the_video(tus: Tus) -> str:
    """Leave an upload as a server leaves it that dies between the last byte and the video."""
    url = tus.begin(SIZE, CONTENT[:-1])
    with (
        patch("videos.services.resumable._finish", side_effect=SystemExit),
        pytest.raises(SystemExit),
    ):
        tus.patch(url, SIZE - 1, CONTENT[-1:])
    return url


class TestVideo:
    def test_is_made_by_the_last_byte(self, tus: Tus, api: APIClient, user: Any) -> None:
        url = tus.begin(SIZE)
        tus.patch(url, 0, CONTENT[:100])
        assert not Video.objects.exists()

        last = tus.patch(url, 100, CONTENT[100:])

        video = api.get(last["Video-Location"]).json()
        assert url.endswith(video["id"])
        assert (video["size_bytes"], video["checksum_sha256"]) == (SIZE, SHA256)
        assert video["status"] == "UPLOADED"
        assert store.source_path(video["id"]).read_bytes() == CONTENT
        assert tus.head(url)["Video-Location"] == last["Video-Location"]
        assert Video.objects.get().uploaded_by == user

    @pytest.mark.parametrize("size", [SIZE, None])
    def test_is_made_by_the_creation_that_brings_everything(
        self, tus: Tus, media_root: Path, size: int | None
    ) -> None:
        created = tus.create(size, CONTENT)
        if size is None:
            created = tus.patch(
                created["Location"], SIZE, b"", headers={"Upload-Length": str(SIZE)}
            )

        video = Video.objects.get()
        assert created["Video-Location"].endswith(str(video.id))
        assert video.checksum_sha256 == SHA256
        assert files_below(media_root) == [store.source_path(video.id)]

    def test_gets_what_the_metadata_says(self, tus: Tus, api: APIClient) -> None:
        told = metadata(
            filename="../harbour.mp4",
            filetype="video/mp4",
            title="Dawn",
            language="de",
            profile="fast",
            priority="9",
            metadata=json.dumps({"pier": 2}),
        )

        created = tus.create(SIZE, CONTENT, headers=told)

        video = api.get(created["Video-Location"]).json()
        assert video["filename"] == "harbour.mp4"
        assert (video["title"], video["language"], video["profile"]) == ("Dawn", "de", "fast")
        assert (video["priority"], video["metadata"]) == (9, {"pier": 2})

    def test_reads_the_bytes_once_where_one_request_brings_them(self, tus: Tus) -> None:
        with patch("hashlib.file_digest", side_effect=AssertionError):
            created = tus.create(SIZE, CONTENT)

        assert created.status_code == 201

    def test_of_the_same_bytes_is_answered_where_the_client_asks(self, tus: Tus) -> None:
        first = tus.create(SIZE, CONTENT)

        again = tus.create(SIZE, CONTENT, headers=metadata(on_duplicate="return"))

        assert again["Video-Location"] == first["Video-Location"]
        assert Video.objects.count() == 1

    def test_takes_its_upload_along_when_it_is_deleted(self, tus: Tus, api: APIClient) -> None:
        created = tus.create(SIZE, CONTENT)

        assert api.delete(created["Video-Location"]).status_code == 204

        assert tus.head(created["Location"]).status_code == 404

    def test_outlives_its_upload(self, tus: Tus, api: APIClient) -> None:
        created = tus.create(SIZE, CONTENT)

        assert tus.delete(created["Location"]).status_code == 204

        assert api.get(created["Video-Location"]).status_code == 200


class TestIdempotencyKey:
    def test_leads_to_the_same_upload(self, tus: Tus) -> None:
        told = {"Idempotency-Key": "one"}

        answers = [tus.create(5, b"he", headers=told) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0]["Location"] == answers[1]["Location"]
        assert tus.offset(answers[0]["Location"]) == 2
        assert Upload.objects.count() == 1

    def test_finds_what_came_of_a_creation_that_failed(self, tus: Tus) -> None:
        told = {"Idempotency-Key": "one"}
        failed = tus.create(5, b"hello", headers=told | sha1(b"hullo"))

        url = tus.create(5, b"hello", headers=told)["Location"]

        assert failed.status_code == 460
        assert tus.offset(url) == 0


class TestOffset:
    def test_is_the_rows_where_the_part_is_longer(self, tus: Tus) -> None:
        url = tus.begin(SIZE, CONTENT[:100])
        with part(url).open("ab") as file:
            file.write(b"of a request that was killed before it said so")

        assert tus.offset(url) == 100
        tus.patch(url, 100, CONTENT[100:])

        assert Video.objects.get().checksum_sha256 == SHA256

    def test_is_the_disks_where_the_part_is_shorter(self, tus: Tus) -> None:
        url = tus.begin(SIZE, CONTENT[:100])
        with part(url).open("r+b") as file:
            file.truncate(60)

        assert tus.offset(url) == 60
        tus.patch(url, 60, CONTENT[60:])

        assert Video.objects.get().checksum_sha256 == SHA256

    def test_is_not_forgotten_where_the_part_is_elsewhere(self, tus: Tus) -> None:
        url = tus.begin(SIZE, CONTENT[:100])
        away = part(url).rename(part(url).with_suffix(".away"))

        assert tus.head(url).status_code == 410
        assert uploads_sweep() == 0
        away.rename(part(url))

        assert tus.offset(url) == 100


class TestMishap:
    @pytest.mark.parametrize("ask", ["head", "patch", "sweep"])
    def test_before_the_video_is_mended_by_whoever_comes_next(self, tus: Tus, ask: str) -> None:
        url = killed_before_the_video(tus)
        assert not Video.objects.exists()

        if ask == "head":
            assert "Video-Location" in tus.head(url)
        elif ask == "patch":
            assert "Video-Location" in tus.patch(url, SIZE, b"")
        else:
            assert uploads_sweep() == 1

        assert Video.objects.get().checksum_sha256 == SHA256
        assert uploads_sweep() == 0

    def test_between_file_and_commit_is_mended(self, tus: Tus, media_root: Path) -> None:
        url = killed_before_the_video(tus)
        store.adopt_source(UUID(url.rsplit("/", 1)[-1]), part(url))

        assert tus.offset(url) == SIZE

        video = Video.objects.get()
        assert store.source_path(video.id).read_bytes() == CONTENT
        assert files_below(media_root) == [store.source_path(video.id)]

    def test_in_the_transaction_leaves_the_upload(self, tus: Tus) -> None:
        url = tus.begin(SIZE, CONTENT[:-1])

        with patch("pipeline.services.start", side_effect=RuntimeError):
            assert tus.patch(url, SIZE - 1, CONTENT[-1:]).status_code == 500

        assert not Video.objects.exists()
        assert tus.offset(url) == SIZE
        assert Video.objects.get().checksum_sha256 == SHA256

    def test_of_the_storage_leaves_the_upload_and_its_offset(self, tus: Tus) -> None:
        url = killed_before_the_video(tus)

        with patch("pipeline.store.adopt_source", side_effect=StorageUnavailable("It is away.")):
            look = tus.head(url)

        assert (look.status_code, look["Upload-Offset"]) == (200, str(SIZE))
        assert "Video-Location" not in look
        assert uploads_sweep() == 1

    def test_of_a_quota_leaves_the_upload(self, tus: Tus) -> None:
        workspace = factories.default_workspace()
        url = tus.begin(SIZE, CONTENT[:-1])
        type(workspace).objects.update(max_videos=0)

        assert tus.patch(url, SIZE - 1, CONTENT[-1:]).status_code == 403
        assert "Video-Location" not in tus.head(url)
        type(workspace).objects.update(max_videos=None)

        assert uploads_sweep() == 1
        assert Video.objects.get().checksum_sha256 == SHA256


class TestExpiry:
    def test_ends_an_upload_and_removes_what_came(self, tus: Tus, media_root: Path) -> None:
        url = tus.begin(5, b"he")
        Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        answers = [tus.head(url), tus.patch(url, 2, b"llo")]
        assert [answer.status_code for answer in answers] == [410, 410]
        assert problem(answers[1])["code"] == "upload_expired"
        assert uploads_sweep() == 1

        assert tus.head(url).status_code == 404
        assert files_below(media_root) == []

    def test_is_put_off_by_what_comes(self, tus: Tus) -> None:
        url = tus.begin(5)
        Upload.objects.update(expires_at=timezone.now() + timedelta(minutes=1))

        tus.patch(url, 0, b"he")

        assert Upload.objects.get().expires_at > timezone.now() + timedelta(hours=23)

    def test_and_nothing_else_takes_a_part(self, tus: Tus) -> None:
        url = tus.begin(5, b"he")

        assert remove_leftovers(old_s=-1) == 0

        assert tus.offset(url) == 2
