"""Resumable uploads whose videos are kept in a bucket."""

import hashlib
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from pipeline import store
from tests.storage.server import Server
from tests.uploads.tus import Tus
from videos.models import Video, Workspace
from videos.services import uploads_sweep

pytestmark = pytest.mark.django_db

CONTENT = b"0123456789" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_upload_ends_in_the_bucket(bucket: Server, api: APIClient) -> None:
    tus = Tus(api)
    url = tus.begin(len(CONTENT), CONTENT[:100])

    last = tus.patch(url, 100, CONTENT[100:])

    video = Video.objects.get()
    assert last["Video-Location"].endswith(str(video.id))
    assert video.checksum_sha256 == SHA256
    assert store.size(store.source_path(video.id)) == len(CONTENT)
    assert list(store.incoming_dir().iterdir()) == []


def test_upload_killed_after_the_bucket_has_it_is_finished(bucket: Server, api: APIClient) -> None:
    tus = Tus(api)
    url = tus.begin(len(CONTENT), CONTENT[:-1])
    with (
        patch("videos.services.resumable._finish", side_effect=SystemExit),
        pytest.raises(SystemExit),
    ):
        tus.patch(url, len(CONTENT) - 1, CONTENT[-1:])
    upload_id = UUID(url.rsplit("/", 1)[-1])
    store.adopt_source(upload_id, store.part_path(upload_id), sha256=SHA256)

    assert uploads_sweep() == 1

    video = Video.objects.get()
    assert (video.id, video.checksum_sha256) == (upload_id, SHA256)
    assert store.size(store.source_path(video.id)) == len(CONTENT)


def test_upload_that_a_quota_holds_up_is_not_sent_to_the_bucket_each_time(
    bucket: Server, api: APIClient
) -> None:
    tus = Tus(api)
    url = tus.begin(len(CONTENT), CONTENT[:-1])
    Workspace.objects.update(max_videos=0)

    with patch("pipeline.store.bucket._upload") as sent:
        assert tus.patch(url, len(CONTENT) - 1, CONTENT[-1:]).status_code == 403
        assert tus.offset(url) == len(CONTENT)
        assert uploads_sweep() == 0

    sent.assert_not_called()


def test_upload_survives_a_failure_though_the_spool_has_no_room_for_it(
    bucket: Server, api: APIClient, settings: Any
) -> None:
    settings.SPOOL_BYTES = 10
    tus = Tus(api)
    url = tus.begin(len(CONTENT), CONTENT[:-1])

    with patch("pipeline.services.start", side_effect=RuntimeError):
        assert tus.patch(url, len(CONTENT) - 1, CONTENT[-1:]).status_code == 500

    assert not Video.objects.exists()
    assert tus.offset(url) == len(CONTENT)
    assert store.read(store.source_path(Video.objects.get().id)) == CONTENT
