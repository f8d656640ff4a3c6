"""Copies on request: asked for, followed, fetched, deleted."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from tests import factories
from tests.api.test_document import errors
from videos.models import Cue, Rendition, Video
from videos.services.renditions import MOST_OF_A_KIND

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(db: None) -> Video:
    """A video with three cues, the first two of which touch."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    stage = factories.make_stage_run(factories.make_run(video, status="SUCCEEDED"), "transcribe")
    for start_ms in (4000, 1000, 2000):
        factories.make_cue(video, stage, start_ms=start_ms, end_ms=start_ms + 1000)
    return video


def url(video: Video) -> str:
    return f"/api/v1/videos/{video.id}/renditions"


def ask(api: APIClient, video: Video, how: dict[str, str] | None = None, **body: Any) -> Any:
    """Ask for a redacted copy; `how`: headers."""
    return api.post(url(video), {"kind": "redacted"} | body, format="json", headers=how or {})


def cues(video: Video) -> list[str]:
    return [str(cue.id) for cue in Cue.objects.filter(video=video).order_by("start_ms")]


def finish(rendition_id: str, content: bytes = b"copy") -> Rendition:
    """Have the rendition's stages end well, and its file be there."""
    rendition = Rendition.objects.get(id=rendition_id)
    run = rendition.runs.get(status="ACTIVE")
    run.stages.all().delete()
    folder = store.artefact_dir(rendition.video_id, "redact", uuid4())
    folder.mkdir(parents=True)
    (folder / "redacted.mp4").write_bytes(content)
    stage = factories.make_stage_run(
        run, "redact", status="SUCCEEDED", artefact=store.relative(folder)
    )
    rendition.stage_run, rendition.content_type = stage, "video/mp4"
    rendition.path, rendition.size_bytes = f"{stage.artefact}/redacted.mp4", len(content)
    rendition.save()
    end(run, "SUCCEEDED")
    return rendition


def end(run: PipelineRun, status: str) -> None:
    PipelineRun.objects.filter(id=run.id).update(status=status, finished_at=run.created_at)


class TestAsking:
    def test_starts_a_run_with_what_was_asked_for(self, api: APIClient, video: Video) -> None:
        first, second, last = cues(video)

        response = ask(api, video, mute=[last, first, second], beep=True)

        rendition = response.json()
        assert response.status_code == 202
        assert response["Location"] == rendition["url"]
        assert errors("create_rendition", 202, rendition) == []
        assert (rendition["status"], rendition["progress"]) == ("queued", 0.0)
        assert rendition["parameters"] == {
            "faces": True,
            "muted": [{"start_ms": 1000, "end_ms": 3000}, {"start_ms": 4000, "end_ms": 5000}],
            "beep": True,
        }
        assert (rendition["size_bytes"], rendition["links"]["file"]) == (None, None)
        stage = StageRun.objects.get(run__rendition=rendition["id"], name="redact")
        assert stage.parameters["mute_ms"] == [[1000, 3000], [4000, 5000]]
        assert stage.parameters["beep"] is True
        assert api.get(rendition["url"]).json() == rendition

    def test_again_is_answered_with_the_same(self, api: APIClient, video: Video) -> None:
        one, two, _ = cues(video)
        asked = ask(api, video, mute=[one, two])
        again = ask(api, video, mute=[two, one, one])
        finish(asked.json()["id"])

        done = ask(api, video, mute=[one, two])

        assert (asked.status_code, again.status_code, done.status_code) == (202, 202, 200)
        assert asked.json()["id"] == again.json()["id"] == done.json()["id"]
        assert errors("create_rendition", 200, done.json()) == []
        assert PipelineRun.objects.filter(rendition__isnull=False).count() == 1

    def test_for_something_else_makes_another_beside_it(self, api: APIClient, video: Video) -> None:
        ids = {
            ask(api, video).json()["id"],
            ask(api, video, faces=False, mute=cues(video)).json()["id"],
            ask(api, video, faces=False, mute=cues(video), beep=True).json()["id"],
        }

        active = PipelineRun.objects.filter(rendition__in=ids, status="ACTIVE")
        assert active.count() == 3
        fingerprints = StageRun.objects.filter(run__in=active, name="redact")
        assert fingerprints.values("fingerprint").distinct().count() == 3

    def test_again_after_a_failure_begins_anew(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()
        run = PipelineRun.objects.get(rendition=asked["id"])
        run.stages.all().delete()
        reason = {"code": "worker_crashed", "message": "It crashed."}
        factories.make_stage_run(run, "redact", status="FAILED", reason=reason)
        end(run, "FAILED")
        failed = api.get(asked["url"]).json()

        again = ask(api, video)

        assert (failed["status"], failed["reason"]) == ("failed", reason)
        assert errors("get_rendition", 200, failed) == []
        assert again.status_code == 202
        assert (again.json()["id"], again.json()["status"]) == (asked["id"], "queued")
        assert PipelineRun.objects.filter(rendition=asked["id"]).count() == 2

    def test_does_not_count_as_an_analysis(self, api: APIClient, video: Video) -> None:
        before = api.get(f"/api/v1/videos/{video.id}").json()

        ask(api, video)

        assert api.get(f"/api/v1/videos/{video.id}").json() == before

    def test_under_a_key_is_answered_once(self, api: APIClient, video: Video) -> None:
        one, two, _ = cues(video)
        key = {"Idempotency-Key": "mine"}
        first, second = (ask(api, video, key, mute=ids) for ids in ([one, two], [two, one]))

        other = ask(api, video, key, mute=[one])

        assert second["Idempotent-Replayed"] == "true"
        assert second.json() == first.json()
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_of_sound_alone_leaves_faces_out(self, api: APIClient, video: Video) -> None:
        video.media.video_stream = None
        video.media.save()

        asked = ask(api, video, mute=cues(video)[:1])
        nothing = ask(api, video)

        assert asked.json()["parameters"]["faces"] is False
        assert nothing.json()["code"] == "nothing_to_redact"

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"kind": "proxy"}, "validation_error", "kind"),
            ({"kind": None}, "validation_error", "kind"),
            ({"mute": "all"}, "validation_error", "mute"),
            ({"mute": ["first"]}, "validation_error", "mute.0"),
            ({"mute": [str(uuid4())] * 1001}, "validation_error", "mute"),
            ({"mute": [str(uuid4())]}, "unknown_cue", "mute"),
            ({"faces": "maybe"}, "validation_error", "faces"),
            ({"faces": False}, "nothing_to_redact", "mute"),
            ({"blur": 3}, "validation_error", "blur"),
        ],
    )
    def test_is_refused(
        self, api: APIClient, video: Video, body: dict[str, Any], code: str, field: str
    ) -> None:
        response = ask(api, video, **body)

        assert response.status_code == 400
        assert response.json()["code"] == code
        assert list(response.json()["errors"]) == [field]
        assert errors("create_rendition", 400, response.json()) == []
        assert not Rendition.objects.exists()

    def test_for_another_videos_cue_is_refused(self, api: APIClient, video: Video) -> None:
        other = factories.make_video()
        factories.make_media(other)

        assert ask(api, other, mute=cues(video)[:1]).json()["code"] == "unknown_cue"

    @pytest.mark.parametrize("status", ["PROCESSING", "FAILED"])
    def test_before_the_probe_is_refused(self, api: APIClient, status: str) -> None:
        response = ask(api, factories.make_video(status=status))

        assert (response.status_code, response.json()["code"]) == (409, "not_probed")

    def test_beyond_the_most_is_refused(self, api: APIClient, video: Video) -> None:
        for number in range(MOST_OF_A_KIND):
            Rendition.objects.create(video=video, kind="redacted", digest=str(number))

        response = ask(api, video)

        assert (response.status_code, response.json()["code"]) == (409, "too_many_renditions")

    def test_for_more_than_the_disk_has_room_for_is_refused(
        self, api: APIClient, video: Video, settings: Any
    ) -> None:
        under_way = ask(api, video)
        settings.MIN_FREE_BYTES = 2**63

        another, again = ask(api, video, faces=False, mute=cues(video)), ask(api, video)

        assert (another.status_code, another.json()["code"]) == (507, "storage_full")
        assert again.json()["id"] == under_way.json()["id"]
        assert Rendition.objects.count() == 1

    def test_in_another_workspace_finds_nothing(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()
        Video.objects.update(workspace=factories.make_workspace())

        assert ask(api, video).status_code == 404
        assert api.get(url(video)).status_code == 404
        for address in (asked["url"], f"{asked['url']}/file"):
            assert api.get(address).status_code == 404
        assert api.delete(asked["url"]).status_code == 404
        assert Rendition.objects.exists()


class TestList:
    def test_has_what_was_asked_for_newest_first(self, api: APIClient, video: Video) -> None:
        factories.make_rendition(video, StageRun.objects.get(), "poster")
        asked = [ask(api, video, beep=beep, mute=cues(video)).json() for beep in (False, True)]

        answer = api.get(url(video)).json()

        assert answer == {"results": asked[::-1], "next": None, "previous": None}
        assert errors("list_renditions", 200, answer) == []

    def test_of_many_costs_the_same_queries_as_of_few(self, api: APIClient, video: Video) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert api.get(url(video)).status_code == 200
            return len(queries)

        ask(api, video)
        few = count()
        for cue in cues(video):
            ask(api, video, mute=[cue])

        assert count() == few


class TestProgress:
    def test_is_that_of_its_own_newest_run(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()
        run = PipelineRun.objects.get(rendition=asked["id"])
        run.stages.filter(name="probe").delete()
        run.stages.all().delete()
        factories.make_stage_run(
            run, "redact", status="RUNNING", progress=0.25, started_at=run.created_at
        )

        shown = api.get(asked["url"]).json()

        assert (shown["status"], shown["progress"]) == ("running", 0.25)

    def test_knows_what_is_made_between_two_looks_from_what_failed(
        self, api: APIClient, video: Video
    ) -> None:
        asked = ask(api, video).json()

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
    def test_is_sent_whole_or_in_part(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()
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

    def test_is_not_there_until_it_is_made(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()

        response = api.get(f"{asked['url']}/file")

        assert (response.status_code, response.json()["code"]) == (409, "rendition_not_ready")

    def test_of_a_poster_is_none_of_these(self, api: APIClient, video: Video) -> None:
        poster = factories.make_rendition(video, StageRun.objects.get(), "poster")

        assert api.get(f"{url(video)}/{poster.id}/file").status_code == 404
        assert api.delete(f"{url(video)}/{poster.id}").status_code == 404


@pytest.mark.django_db(transaction=True)
class TestDelete:
    def test_removes_row_run_and_file_and_no_others(
        self, api: APIClient, video: Video, media_root: Path
    ) -> None:
        kept, gone = (ask(api, video, beep=b, mute=cues(video)).json() for b in (False, True))
        files = [media_root / finish(one["id"]).path for one in (kept, gone)]

        response = api.delete(gone["url"])

        assert response.status_code == 204
        assert api.get(gone["url"]).status_code == 404
        assert [file.exists() for file in files] == [True, False]
        assert list(Rendition.objects.values_list("id", flat=True).distinct()) == [
            Rendition.objects.get(id=kept["id"]).id
        ]
        assert not StageRun.objects.filter(run__rendition=gone["id"]).exists()

    def test_of_one_under_way_leaves_nothing_to_do(self, api: APIClient, video: Video) -> None:
        asked = ask(api, video).json()

        api.delete(asked["url"])

        assert not StageRun.objects.filter(status__in=["WAITING", "QUEUED"], name="redact").exists()
        assert ask(api, video).json()["id"] != asked["id"]


class TestCommands:
    def test_ask_list_and_delete(self, video: Video, capsys: pytest.CaptureFixture[str]) -> None:
        def told(*words: str) -> str:
            call_command("videos", *words)
            return capsys.readouterr().out

        made = json.loads(
            told("redact", str(video.id), "--mute", ",".join(cues(video)), "--beep", "--json")
        )
        listed = told("renditions", str(video.id))
        as_json = json.loads(told("renditions", str(video.id), "--json"))

        assert made["parameters"]["beep"] is True
        assert listed == f"{made['id']}  redacted  queued    0%\n"
        assert as_json == [made]
        assert told("renditions", str(video.id), "--delete", made["id"]) == (
            f"{made['id']} deleted\n"
        )
        assert "videos redact" in told("renditions", str(video.id))

    def test_tell_what_comes_next(self, video: Video, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("videos", "redact", str(video.id))
        asked = capsys.readouterr().out
        made = finish(asked.split()[0])

        call_command("videos", "renditions", str(video.id))

        assert f"videos renditions {video.id}" in asked
        assert capsys.readouterr().out == (
            f"{made.id}  redacted  ready   100%  {store.absolute(made.path)}\n"
        )

    def test_show_an_example(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("videos", "redact", "--help")

        assert "Example: videos redact" in capsys.readouterr().out

    def test_say_what_is_wrong(self, video: Video) -> None:
        with pytest.raises(CommandError, match="Name cues to mute"):
            call_command("videos", "redact", str(video.id), "--no-faces")
        with pytest.raises(CommandError, match="by their ids"):
            call_command("videos", "redact", str(video.id), "--mute", "first")
        with pytest.raises(CommandError, match="no rendition"):
            call_command("videos", "renditions", str(video.id), "--delete", str(uuid4()))
