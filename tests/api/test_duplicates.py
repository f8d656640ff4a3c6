"""`on_duplicate=return`: the same bytes are the same video."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from tests import factories
from tests.api.test_uploads import CONTENT, URL, clip, files_below
from videos.models import Video


def send(api: APIClient, content: bytes = CONTENT, **fields: str) -> Any:
    return api.post(URL, {"file": clip(content), "on_duplicate": "return", **fields})


@pytest.mark.django_db
class TestSameBytes:
    def test_answer_the_video_that_has_them(self, api: APIClient, media_root: Path) -> None:
        first = send(api, title="Dawn")

        again = send(api, title="Dusk")

        assert (first.status_code, again.status_code) == (202, 200)
        assert again.json()["id"] == first.json()["id"]
        assert again["Location"] == first["Location"]
        assert again.json()["title"] == "Dawn"
        assert len(files_below(media_root)) == 1

    def test_make_another_video_where_nobody_asked(self, api: APIClient) -> None:
        first = send(api)

        again = send(api, on_duplicate="create")

        assert again.status_code == 202
        assert again.json()["id"] != first.json()["id"]

    def test_answer_the_newest_that_has_not_failed(self, api: APIClient) -> None:
        checksum = send(api).json()["checksum_sha256"]
        newest = factories.make_video(checksum_sha256=checksum, status=Video.Status.COMPLETED)
        factories.make_video(checksum_sha256=checksum, status=Video.Status.FAILED)

        assert send(api).json()["id"] == str(newest.id)

    def test_make_a_video_where_all_others_failed_or_are_elsewhere(self, api: APIClient) -> None:
        checksum = send(api).json()["checksum_sha256"]
        Video.objects.all().delete()
        factories.make_video(checksum_sha256=checksum, status=Video.Status.FAILED)
        factories.make_video(checksum_sha256=checksum, workspace=factories.make_workspace())

        assert send(api).status_code == 202

    def test_have_one_answer_under_a_key(self, api: APIClient) -> None:
        headers = {"Idempotency-Key": "one"}
        form = {"on_duplicate": "return"}
        first = api.post(URL, form | {"file": clip()}, headers=headers)

        again = api.post(URL, form | {"file": clip()}, headers=headers)

        assert again.status_code == first.status_code == 202
        assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
class TestSameBytesAtOnce:
    def test_make_one_video(self, token: str, media_root: Path) -> None:
        together = Barrier(8)

        def one(_: int) -> tuple[int, str]:
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            together.wait()
            try:
                answer = send(client)
            finally:
                connections.close_all()
            return answer.status_code, answer.json()["id"]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(one, range(8)))

        assert sorted(status for status, _ in answers) == [200] * 7 + [202]
        assert len({video_id for _, video_id in answers}) == 1
        assert len(files_below(media_root)) == 1
