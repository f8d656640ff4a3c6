"""Copies on request: listed, followed, fetched, deleted, made again."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from pipeline.models import PipelineRun, StageRun
from tests import factories
from tests.api.reading import queries_of, url
from tests.api.renditions import ask, cues, end, finish
from tests.api.test_document import errors
from videos.models import Rendition, Video

pytestmark = pytest.mark.django_db


class TestList:
    def test_has_what_was_asked_for_newest_first(self, api: APIClient, heard: Video) -> None:
        factories.make_rendition(heard, StageRun.objects.get(), "poster")
        asked = [ask(api, heard, beep=beep, mute=cues(heard)).json() for beep in (False, True)]

        answer = api.get(url(heard, "renditions")).json()

        assert answer == {"results": asked[::-1], "next": None, "previous": None}
        assert errors("list_renditions", 200, answer) == []

    def test_of_many_costs_the_same_queries_as_of_few(self, api: APIClient, heard: Video) -> None:
        ask(api, heard)
        few = queries_of(api, url(heard, "renditions"))
        for cue in cues(heard):
            ask(api, heard, mute=[cue])

        assert queries_of(api, url(heard, "renditions")) == few


class TestProgress:
    def test_is_that_of_its_own_newest_run(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()
        run = PipelineRun.objects.get(rendition=asked["id"])
        run.stages.all().delete()
        factories.make_stage_run(
            run, "redact", status="RUNNING", progress=0.25, started_at=run.created_at
        )

        shown = api.get(asked["url"]).json()

        assert (shown["status"], shown["progress"]) == ("running", 0.25)

    def test_knows_what_is_made_between_two_looks_from_what_failed(
        self, api: APIClient, heard: Video
    ) -> None:
        asked = ask(api, heard).json()

        def make_it(execute: Any, sql: str, *rest: Any) -> Any:
            if 'DISTINCT ON ("pipeline_pipelinerun"."rendition_id")' in sql and not made:
                made.append(None)
                finish(asked["id"])
            return execute(sql, *rest)

        made: list[None] = []
        with connection.execute_wrapper(make_it):
            shown = api.get(asked["url"]).json()

        assert made
        assert (shown["status"], shown["progress"], shown["reason"]) == ("running", 1.0, None)
        assert api.get(asked["url"]).json()["status"] == "ready"


class TestFile:
    def test_is_sent_whole_or_in_part(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()
        finish(asked["id"], b"0123456789")
        ready = api.get(asked["url"]).json()

        whole = api.get(ready["links"]["file"])
        part = api.get(ready["links"]["file"], headers={"Range": "bytes=2-4"})
        beyond = api.get(ready["links"]["file"], headers={"Range": "bytes=10-"})
        again = api.get(ready["links"]["file"], headers={"If-None-Match": whole["ETag"]})

        assert (ready["status"], ready["size_bytes"]) == ("ready", 10)
        assert (whole.status_code, whole.content) == (200, b"0123456789")
        assert whole["Content-Type"] == ready["content_type"] == "video/mp4"
        assert whole["Content-Disposition"] == 'attachment; filename="harbour-redacted.mp4"'
        assert (part.status_code, part.content) == (206, b"234")
        assert (beyond.status_code, again.status_code) == (416, 304)

    def test_is_not_there_until_it_is_made(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()

        response = api.get(f"{asked['url']}/file")

        assert (response.status_code, response.json()["code"]) == (409, "rendition_not_ready")

    def test_of_a_poster_is_none_of_these(self, api: APIClient, heard: Video) -> None:
        poster = factories.make_rendition(heard, StageRun.objects.get(), "poster")

        assert api.get(url(heard, f"renditions/{poster.id}/file")).status_code == 404
        assert api.delete(url(heard, f"renditions/{poster.id}")).status_code == 404


@pytest.mark.django_db(transaction=True)
class TestDelete:
    def test_removes_row_run_and_file_and_no_others(
        self, api: APIClient, heard: Video, media_root: Path
    ) -> None:
        kept, gone = (ask(api, heard, beep=b, mute=cues(heard)).json() for b in (False, True))
        files = [media_root / finish(one["id"]).path for one in (kept, gone)]

        response = api.delete(gone["url"])

        assert response.status_code == 204
        assert api.get(gone["url"]).status_code == 404
        assert [file.exists() for file in files] == [True, False]
        assert str(Rendition.objects.get().id) == kept["id"]
        assert not StageRun.objects.filter(run__rendition=gone["id"]).exists()

    def test_of_one_under_way_leaves_nothing_to_do(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()

        api.delete(asked["url"])

        assert not StageRun.objects.filter(status__in=["WAITING", "QUEUED"], name="redact").exists()
        assert ask(api, heard).json()["id"] != asked["id"]


class TestAdmin:
    def test_makes_again_what_failed_and_nothing_else(
        self, api: APIClient, admin_client: Client, heard: Video
    ) -> None:
        failed, ready = (ask(api, heard, beep=b, mute=cues(heard)).json() for b in (False, True))
        end(PipelineRun.objects.get(rendition=failed["id"]), "FAILED")
        finish(ready["id"])
        chosen = {"action": "retry", "_selected_action": [failed["id"], ready["id"]]}

        page = admin_client.post(reverse("admin:videos_rendition_changelist"), chosen, follow=True)

        assert "Making 1 of the selected renditions again." in page.content.decode()
        again = api.get(failed["url"]).json()
        assert (again["status"], again["parameters"]) == ("queued", failed["parameters"])
        assert api.get(ready["url"]).json()["status"] == "ready"
