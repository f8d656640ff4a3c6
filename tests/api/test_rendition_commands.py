"""Copies on request, at the command line."""

import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from pipeline import store
from tests.api.renditions import cues, finish
from videos.models import Video

pytestmark = pytest.mark.django_db


class TestCommands:
    def test_ask_list_and_delete(self, heard: Video, capsys: pytest.CaptureFixture[str]) -> None:
        def told(*words: str) -> str:
            call_command("videos", *words)
            return capsys.readouterr().out

        made = json.loads(
            told("redact", str(heard.id), "--mute", ",".join(cues(heard)), "--beep", "--json")
        )
        listed = told("renditions", str(heard.id))
        as_json = json.loads(told("renditions", str(heard.id), "--json"))

        assert made["parameters"]["beep"] is True
        assert listed == f"{made['id']}  redacted  queued    0%\n"
        assert as_json == [made]
        assert told("renditions", str(heard.id), "--delete", made["id"]) == (
            f"{made['id']} deleted\n"
        )
        assert "videos redact" in told("renditions", str(heard.id))

    def test_tell_what_comes_next(self, heard: Video, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("videos", "redact", str(heard.id))
        asked = capsys.readouterr().out
        made = finish(asked.split()[0])

        call_command("videos", "renditions", str(heard.id))

        assert f"videos renditions {heard.id}" in asked
        assert capsys.readouterr().out == (
            f"{made.id}  redacted  ready   100%  {store.absolute(made.path)}\n"
        )

    def test_show_an_example(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("videos", "redact", "--help")

        assert "Example: videos redact" in capsys.readouterr().out

    def test_say_what_is_wrong(self, heard: Video) -> None:
        with pytest.raises(CommandError, match="Name cues to mute"):
            call_command("videos", "redact", str(heard.id), "--no-faces")
        with pytest.raises(CommandError, match="by their ids"):
            call_command("videos", "redact", str(heard.id), "--mute", "first")
        with pytest.raises(CommandError, match="no rendition"):
            call_command("videos", "renditions", str(heard.id), "--delete", str(uuid4()))
