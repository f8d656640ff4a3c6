"""Asking for a copy: what starts, what is there already, what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from pipeline.models import PipelineRun, StageRun
from tests import factories
from tests.api.reading import url
from tests.api.renditions import ask, cues, end, finish
from tests.api.test_document import errors
from videos.models import Rendition, Video
from videos.services.renditions import MOST_OF_A_KIND

pytestmark = pytest.mark.django_db


class TestAsking:
    def test_starts_a_run_with_what_was_asked_for(self, api: APIClient, heard: Video) -> None:
        first, second, last = cues(heard)

        response = ask(api, heard, mute=[last, first, second], beep=True)

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

    def test_again_is_answered_with_the_same(self, api: APIClient, heard: Video) -> None:
        one, two, _ = cues(heard)
        asked = ask(api, heard, mute=[one, two])
        again = ask(api, heard, mute=[two, one, one])
        finish(asked.json()["id"])

        done = ask(api, heard, mute=[one, two])

        assert (asked.status_code, again.status_code, done.status_code) == (202, 202, 200)
        assert asked.json()["id"] == again.json()["id"] == done.json()["id"]
        assert errors("create_rendition", 200, done.json()) == []
        assert PipelineRun.objects.filter(rendition__isnull=False).count() == 1

    def test_for_something_else_makes_another_beside_it(self, api: APIClient, heard: Video) -> None:
        ids = {
            ask(api, heard).json()["id"],
            ask(api, heard, faces=False, mute=cues(heard)).json()["id"],
            ask(api, heard, faces=False, mute=cues(heard), beep=True).json()["id"],
        }

        active = PipelineRun.objects.filter(rendition__in=ids, status="ACTIVE")
        assert active.count() == 3
        fingerprints = StageRun.objects.filter(run__in=active, name="redact")
        assert fingerprints.values("fingerprint").distinct().count() == 3

    def test_again_after_a_failure_begins_anew(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()
        run = PipelineRun.objects.get(rendition=asked["id"])
        run.stages.all().delete()
        reason = {"code": "worker_crashed", "message": "It crashed."}
        factories.make_stage_run(run, "redact", status="FAILED", reason=reason)
        end(run, "FAILED")
        failed = api.get(asked["url"]).json()

        again = ask(api, heard)

        assert (failed["status"], failed["reason"]) == ("failed", reason)
        assert errors("get_rendition", 200, failed) == []
        assert again.status_code == 202
        assert (again.json()["id"], again.json()["status"]) == (asked["id"], "queued")
        assert PipelineRun.objects.filter(rendition=asked["id"]).count() == 2

    def test_does_not_count_as_an_analysis(self, api: APIClient, heard: Video) -> None:
        before = api.get(f"/api/v1/videos/{heard.id}").json()

        ask(api, heard)

        assert api.get(f"/api/v1/videos/{heard.id}").json() == before

    def test_under_a_key_is_answered_once(self, api: APIClient, heard: Video) -> None:
        one, two, _ = cues(heard)
        key = {"Idempotency-Key": "mine"}
        first, second = (ask(api, heard, key, mute=ids) for ids in ([one, two], [two, one]))

        other = ask(api, heard, key, mute=[one])

        assert second["Idempotent-Replayed"] == "true"
        assert second.json() == first.json()
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")

    def test_of_sound_alone_leaves_faces_out(self, api: APIClient, heard: Video) -> None:
        heard.media.video_stream = None
        heard.media.save()

        asked = ask(api, heard, mute=cues(heard)[:1])
        nothing = ask(api, heard)

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
        self, api: APIClient, heard: Video, body: dict[str, Any], code: str, field: str
    ) -> None:
        response = ask(api, heard, **body)

        assert response.status_code == 400
        assert response.json()["code"] == code
        assert list(response.json()["errors"]) == [field]
        assert errors("create_rendition", 400, response.json()) == []
        assert not Rendition.objects.exists()

    def test_for_another_videos_cue_is_refused(self, api: APIClient, heard: Video) -> None:
        other = factories.make_video()
        factories.make_media(other)

        assert ask(api, other, mute=cues(heard)[:1]).json()["code"] == "unknown_cue"

    @pytest.mark.parametrize("status", ["PROCESSING", "FAILED"])
    def test_before_the_probe_is_refused(self, api: APIClient, status: str) -> None:
        response = ask(api, factories.make_video(status=status))

        assert (response.status_code, response.json()["code"]) == (409, "not_probed")

    def test_beyond_the_most_is_refused(self, api: APIClient, heard: Video) -> None:
        for number in range(MOST_OF_A_KIND):
            Rendition.objects.create(video=heard, kind="redacted", digest=str(number))

        response = ask(api, heard)

        assert (response.status_code, response.json()["code"]) == (409, "too_many_renditions")

    def test_for_more_than_the_disk_has_room_for_is_refused(
        self, api: APIClient, heard: Video, settings: Any
    ) -> None:
        under_way = ask(api, heard)
        settings.MIN_FREE_BYTES = 2**63

        another, again = ask(api, heard, faces=False, mute=cues(heard)), ask(api, heard)

        assert (another.status_code, another.json()["code"]) == (507, "storage_full")
        assert again.json()["id"] == under_way.json()["id"]
        assert Rendition.objects.count() == 1

    def test_in_another_workspace_finds_nothing(self, api: APIClient, heard: Video) -> None:
        asked = ask(api, heard).json()
        Video.objects.update(workspace=factories.make_workspace())

        assert ask(api, heard).status_code == 404
        assert api.get(url(heard, "renditions")).status_code == 404
        for address in (asked["url"], f"{asked['url']}/file"):
            assert api.get(address).status_code == 404
        assert api.delete(asked["url"]).status_code == 404
        assert Rendition.objects.exists()
