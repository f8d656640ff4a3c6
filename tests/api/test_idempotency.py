"""`Idempotency-Key`: the same request again has the same answer and is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.db.models import F
from knox.models import AuthToken
from rest_framework.test import APIClient

from tests import factories
from tests.api.test_uploads import CONTENT, UNREADABLE, URL, clip, files_below
from videos.models import RememberedAnswer, Video, Workspace
from videos.services import store_stream, video_create

KEY = "0f3b4c1e-take-1"


def send(api: APIClient, key: str = KEY, content: bytes = CONTENT, **fields: Any) -> Any:
    form = {"file": clip(content), **fields}
    return api.post(URL, form, headers={"Idempotency-Key": key})


@pytest.fixture
def stranger(user: User) -> APIClient:
    """Another user's client."""
    client = APIClient()
    _, token = AuthToken.objects.create(User.objects.create_user("grace"))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.mark.django_db
class TestTheSameRequest:
    def test_has_the_same_answer_and_is_done_once(self, api: APIClient, media_root: Path) -> None:
        first = send(api, title="Dawn")
        Video.objects.update(title="Dusk")  # an answer is what was answered, not what is now

        again = send(api, title="Dawn")

        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again["Location"] == first["Location"]
        assert "Idempotent-Replayed" not in first
        assert again["Idempotent-Replayed"] == "true"
        assert Video.objects.count() == 1
        assert len(files_below(media_root)) == 1

    def test_may_spell_out_what_is_the_default(self, api: APIClient) -> None:
        first = send(api)

        assert send(api, priority="5", profile="standard").json() == first.json()

    def test_is_not_refused_for_the_quota_that_it_used_up(
        self, api: APIClient, workspace: Workspace
    ) -> None:
        Workspace.objects.update(max_videos=1, max_open_analyses=1)
        first = send(api)

        again = send(api)
        other = send(api, key="another")

        assert again.json() == first.json()
        assert other.json()["code"] == "quota_exceeded"

    def test_is_not_refused_for_the_disk_that_is_full_by_now(
        self, api: APIClient, settings: Any, media_root: Path
    ) -> None:
        first = send(api)
        settings.MIN_FREE_BYTES = 1 << 60

        again = send(api)
        other = send(api, content=b"other bytes")
        unknown = send(api, key="another")

        assert again.content == first.content
        assert (other.status_code, unknown.status_code) == (422, 507)
        assert len(files_below(media_root)) == 1

    def test_stores_nothing_where_it_was_forgotten_on_the_way(
        self, api: APIClient, settings: Any, media_root: Path
    ) -> None:
        """A day is over between the look at the key and the last byte, and the disk is full."""
        settings.MIN_FREE_BYTES = 1 << 60

        with patch("videos.services.is_remembered", return_value=True):
            late = send(api)

        assert (late.status_code, late.json()["code"]) == (507, "storage_full")
        assert files_below(media_root) == []

    def test_is_done_anew_after_a_day(self, api: APIClient) -> None:
        first = send(api)
        RememberedAnswer.objects.update(created_at=F("created_at") - timedelta(hours=24, seconds=1))

        again = send(api)

        assert again.status_code == 202
        assert again.json()["id"] != first.json()["id"]
        assert send(api).json() == again.json()

    def test_is_forgotten_by_the_sweeper_after_a_day(self, api: APIClient) -> None:
        send(api, key="old")
        RememberedAnswer.objects.update(created_at=F("created_at") - timedelta(hours=24, seconds=1))
        send(api, key="new")

        call_command("sweep", "--json")

        assert [answer.key for answer in RememberedAnswer.objects.all()] == ["new"]

    def test_of_another_user_is_another(self, api: APIClient, stranger: APIClient) -> None:
        first = send(api)

        other = send(stranger)

        assert other.status_code == 202
        assert other.json()["id"] != first.json()["id"]


@pytest.mark.django_db
class TestEveryRequestThatCreates:
    @pytest.mark.parametrize(
        ("path", "body"), [("retry", None), ("reprocess", {"stages": ["probe"]})]
    )
    def test_may_be_sent_again(self, api: APIClient, path: str, body: Any) -> None:
        video = factories.make_video(status=Video.Status.FAILED)
        request: Any = {"data": body, "format": "json", "headers": {"Idempotency-Key": KEY}}

        first = api.post(f"{URL}/{video.id}/{path}", **request)
        again = api.post(f"{URL}/{video.id}/{path}", **request)

        assert first.status_code == 202
        assert (again.status_code, again.content) == (202, first.content)
        assert video.runs.count() == 1

    def test_may_not_share_a_key_with_one_to_another_address(self, api: APIClient) -> None:
        video = factories.make_video(status=Video.Status.FAILED)
        headers = {"Idempotency-Key": KEY}
        api.post(f"{URL}/{video.id}/retry", headers=headers)

        other = api.post(f"{URL}/{factories.make_video().id}/retry", headers=headers)

        assert other.json()["code"] == "idempotency_mismatch"


@pytest.mark.django_db
class TestAnotherRequest:
    @pytest.mark.parametrize(
        "changed",
        [{"content": b"other bytes"}, {"title": "Dusk"}, {"metadata": '{"a": 1}'}],
        ids=lambda changed: next(iter(changed)),
    )
    def test_under_the_same_key_is_refused_and_leaves_nothing(
        self, api: APIClient, media_root: Path, changed: dict[str, Any]
    ) -> None:
        first = send(api)

        other = send(api, **changed)

        assert other.status_code == 422
        assert other.json()["code"] == "idempotency_mismatch"
        assert [str(video.id) for video in Video.objects.all()] == [first.json()["id"]]
        assert len(files_below(media_root)) == 1


@pytest.mark.django_db
class TestKey:
    @pytest.mark.parametrize("key", ["", "a" * 256, "schlüssel", "tab\tbed"])
    def test_that_is_none_is_refused_unread(self, api: APIClient, key: str) -> None:
        answer = api.generic(
            "POST",
            URL,
            content_type="multipart/form-data; boundary=b",
            CONTENT_LENGTH="1000",
            HTTP_IDEMPOTENCY_KEY=key,
            **UNREADABLE,
        )

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_idempotency_key"

    @pytest.mark.parametrize("key", ["a", "a" * 255, 'q"uo\\te ~'])
    def test_may_be_any_printable_ascii(self, api: APIClient, key: str) -> None:
        assert send(api, key=key).json() == send(api, key=key).json()


@pytest.mark.django_db
class TestFailure:
    def test_of_the_client_is_not_remembered(self, api: APIClient, media_root: Path) -> None:
        refused = send(api, priority="10")

        accepted = send(api, priority="9")

        assert (refused.status_code, accepted.status_code) == (400, 202)
        assert len(files_below(media_root)) == 1

    def test_of_the_server_is_not_remembered_and_leaves_nothing(
        self, api: APIClient, media_root: Path
    ) -> None:
        with patch("pipeline.services.start", side_effect=RuntimeError("no queue")):
            failed = send(api)

        assert failed.status_code == 500
        assert files_below(media_root) == []
        assert not RememberedAnswer.objects.exists()
        assert send(api).status_code == 202


@pytest.mark.django_db(transaction=True)
class TestAtTheSameInstant:
    def test_is_done_once(self, token: str, media_root: Path) -> None:
        together = Barrier(8)

        def one(_: int) -> tuple[int, bytes, str]:
            client = APIClient()
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            together.wait()
            try:
                answer = send(client)
            finally:
                connections.close_all()
            return answer.status_code, answer.content, answer["Location"]

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(one, range(8)))

        assert len(answers) == 1
        assert next(iter(answers))[0] == 202
        assert Video.objects.count() == 1
        assert len(files_below(media_root)) == 1


@pytest.mark.django_db(transaction=True)
class TestCommit:
    def test_that_breaks_off_keeps_the_file(self, media_root: Path) -> None:
        """The row may be there: nobody can tell."""
        workspace = factories.default_workspace()
        database: Any = connection
        commit = database._commit

        def break_off() -> None:
            commit()
            raise OperationalError("the connection is lost")

        with (
            store_stream(chunks=[b"abc"], filename="a.mp4") as upload,
            patch.object(database, "_commit", break_off),
            pytest.raises(OperationalError),
        ):
            video_create(workspace=workspace, upload=upload)

        assert Video.objects.count() == 1
        assert [path.read_bytes() for path in files_below(media_root)] == [b"abc"]
