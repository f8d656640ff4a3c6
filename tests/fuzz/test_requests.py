"""The document and the API agree; a small part of what `make fuzz` asks."""

from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from django.utils import timezone

from pipeline.models import StageRun
from tests import factories
from tests.fuzz.requests import ask
from videos.models import Transcript, Video

_SEED = 7


@pytest.fixture(autouse=True)
def _answers_sent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live server sends an answer in pieces; each would wait 40 ms for the last one's receipt."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)


@pytest.mark.django_db(transaction=True)
class TestRequests:
    def test_get_the_answers_that_the_document_names(self, live_server: Any, token: str) -> None:
        video = factories.make_video(status=Video.Status.COMPLETED)
        factories.make_media(video)
        stage = factories.make_stage_run(
            factories.make_run(video, status="SUCCEEDED"),
            status=StageRun.Status.SUCCEEDED,
            started_at=timezone.now(),
            finished_at=timezone.now(),
        )
        factories.make_shot(video, stage)
        Transcript.objects.create(video=video, stage_run=stage, language="en")
        factories.make_cue(video, stage)
        factories.make_passage(video, "ship")
        factories.make_nudity_span(video, stage)
        factories.make_sound_event(video, stage)
        factories.make_chapter(video, stage)
        factories.make_summary_sentence(video, stage)
        factories.make_keyword(video, stage)
        factories.make_turn(video, stage)
        factories.make_entity_mention(video, stage)
        copy = factories.make_rendition(video, None, "redacted")
        factories.make_run(video, rendition=copy)

        code = ask(
            live_server.url,
            token,
            ["--phases", "examples,coverage,fuzzing", "--max-examples", "3"],
            known={"video_id": [str(video.id)], "rendition_id": [str(copy.id)], "index": [0]},
            seed=_SEED,
        )

        assert code == 0
