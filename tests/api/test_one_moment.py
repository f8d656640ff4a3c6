"""Answers tell of one moment, whatever others commit between the statements that make them up."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests import factories
from tests.api.test_uploads import CONTENT, URL, clip
from tests.patience import until
from tests.uploads.tus import Tus, metadata
from videos.models import Rendition, Speaker, Video
from videos.services import rendition_delete, video_delete

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def meanwhile(marker: str, act: Callable[[], object]) -> Iterator[None]:
    """Have another connection `act` once, right after the first statement with `marker` in it.

    It may have to wait for what this connection holds; then this one goes on.
    """
    pids: list[int] = []
    begun: list[Future[None]] = []

    def elsewhere() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            act()
        finally:
            connections.close_all()

    def is_waiting() -> bool:
        if not pids:
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", pids)
            return bool(cursor.fetchone()[0])

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if marker in sql and not begun:
            begun.append(pool.submit(elsewhere))
            until(lambda: begun[0].done() or is_waiting())
        return result

    with ThreadPoolExecutor(1) as pool:
        with connection.execute_wrapper(watch):
            yield
        assert begun, f"no statement has {marker}"
        begun[0].result()


@pytest.fixture
def video(transactional_db: None) -> Video:
    return factories.make_video(status=Video.Status.COMPLETED)


def speaks(video: Video, label: str) -> None:
    """Have one speaker, and nobody else, speak in the video."""
    Speaker.objects.filter(video=video).delete()
    run = video.runs.first() or factories.make_run(video, status="SUCCEEDED")
    stage = run.stages.first() or factories.make_stage_run(run, "split_speakers")
    factories.make_turn(video, stage, label=label)


class TestFindings:
    def test_that_are_replaced_meanwhile_are_told_as_they_were(
        self, api: APIClient, video: Video
    ) -> None:
        speaks(video, "S1")

        with meanwhile('FROM "videos_speaker"', lambda: speaks(video, "S2")):
            found = api.get(f"/api/v1/videos/{video.id}/speakers").json()

        assert [one["label"] for one in found["speakers"]] == ["S1"]
        assert [one["speaker"] for one in found["turns"]] == ["S1"]


class TestRendition:
    def test_that_is_deleted_meanwhile_is_no_failure(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video)

        with meanwhile('FROM "videos_rendition"', lambda: delete(asked["id"])):
            listed = api.get(f"/api/v1/videos/{video.id}/renditions")

        assert listed.json()["results"] == [asked]
        assert api.get(asked["url"]).status_code == 404

    @pytest.mark.parametrize("page", ["changelist", "change"])
    def test_that_is_deleted_meanwhile_does_not_spoil_a_page(
        self, api: APIClient, admin_client: Client, video: Video, page: str
    ) -> None:
        asked = ask(api, video)
        of_one = [asked["id"]] if page == "change" else []
        address = reverse(f"admin:videos_rendition_{page}", args=of_one)

        with meanwhile('"videos_rendition"."parameters"', lambda: delete(asked["id"])):
            shown = admin_client.get(address)

        assert shown.status_code == 200


class TestSameBytes:
    def test_answer_a_video_that_stays_until_it_is_told(self, api: APIClient) -> None:
        there = upload(api).json()

        with meanwhile(*deleted(there)):
            again = upload(api)

        assert (again.status_code, again.json()["id"]) == (200, there["id"])
        assert not Video.objects.exists()

    def test_end_an_upload_in_parts(self, api: APIClient) -> None:
        there = upload(api).json()

        with meanwhile(*deleted(there)):
            sent = Tus(api).create(
                len(CONTENT), CONTENT, headers=metadata(on_duplicate="return", filename="a.mp4")
            )

        assert sent.status_code == 201
        assert sent["Video-Location"].endswith(there["id"])


class TestSubtitles:
    def test_that_are_sent_again_meanwhile_are_the_same(self, api: APIClient, video: Video) -> None:
        def send() -> int:
            said = "1\n00:00:01,000 --> 00:00:02,000\nShips leave.\n"
            address = f"/api/v1/videos/{video.id}/transcript"
            return int(api.put(address, said, content_type="application/x-subrip").status_code)

        again: list[int] = []
        with meanwhile('FROM "videos_transcriptimport"', lambda: again.append(send())):
            first = send()

        assert (first, again) == (202, [200])


class TestCommands:
    def test_say_that_the_video_is_gone(self, video: Video) -> None:
        with (
            pytest.raises(CommandError, match="There is no video"),
            meanwhile('FROM "videos_video"', lambda: video_delete(video=video)),
        ):
            call_command("videos", "change", str(video.id), "--title", "Dusk")


def ask(api: APIClient, video: Video) -> Any:
    """Ask for a copy without faces."""
    factories.make_media(video)
    address = f"/api/v1/videos/{video.id}/renditions"
    return api.post(address, {"kind": "redacted"}, format="json").json()


def delete(rendition_id: str) -> None:
    rendition_delete(rendition=Rendition.objects.get(id=rendition_id))


def upload(api: APIClient) -> Any:
    return api.post(URL, {"file": clip(), "on_duplicate": "return"})


def deleted(there: Any) -> tuple[str, Callable[[], None]]:
    """Return when and how a video goes: as soon as the same bytes have led to it."""
    video = Video.objects.get(id=there["id"])
    return '"videos_video"."checksum_sha256" = ', lambda: video_delete(video=video)
