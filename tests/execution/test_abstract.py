"""`write_abstract` in the pipeline: a confined process that asks a real server."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from pipeline import registry, runner
from pipeline.models import StageRun
from tests import language_model
from tests.execution.conftest import Configure, make_started_video, stage, work_off
from tests.execution.talking import SAID
from tests.language_model import LanguageModel, fails
from videos.models import LlmUsage, Video

pytestmark = pytest.mark.django_db(transaction=True)

SOURCE = {"stage": "write_abstract", "version": 2, "model": "repeater"}


@pytest.fixture(autouse=True)
def pipeline_that_asks(stages: Configure, settings: Any, llm: LanguageModel) -> None:
    settings.PIPELINE_STAGES = {
        "tests.execution.talking.Look": {},
        "tests.execution.talking.Listen": {},
        "tests.execution.talking.Divide": {},
        "pipeline.stages.write_abstract.WriteAbstract": {"model": "repeater"},
    }
    names = ["probe", "transcribe", "split_chapters", "write_abstract"]
    settings.PIPELINE_PROFILES = {"standard": {name: {} for name in names}}
    settings.PIPELINE_QUEUES = ["cpu"]
    registry.stages.cache_clear()
    llm.reply = language_model.retells


def get(api: APIClient, video: Video, what: str) -> Any:
    return api.get(f"/api/v1/videos/{video.id}/{what}").json()


class TestAbstract:
    def test_is_served_booked_and_keeps_its_key(self, api: APIClient, llm: LanguageModel) -> None:
        video = work_off(make_started_video())

        assert video.status == Video.Status.COMPLETED
        summary = get(api, video, "summary")
        first, last = summary["sentences"]
        assert summary["text"] == f"{SAID[0]} {SAID[3]}"
        assert (first["text"], first["start_ms"], first["end_ms"]) == (SAID[0], 0, 4000)
        assert last["citations"] == [{"start_ms": 75_000, "end_ms": 79_000}]
        assert first["source"] == last["source"] == SOURCE
        chapters = get(api, video, "chapters")["chapters"]
        assert [one["title"] for one in chapters] == ["The river rises in", "A flood destroyed the"]
        assert [one["title_source"] for one in chapters] == [SOURCE, SOURCE]
        assert chapters[0]["source"]["stage"] == "split_chapters"
        assert get(api, video, "timeline?kinds=chapter")["tracks"][0]["items"] == chapters
        assert LlmUsage.objects.get().tokens == 300
        assert {asked.authorization for asked in llm.asked} == {"Bearer a-secret"}
        rows = str(list(StageRun.objects.filter(run__video=video).values_list("parameters")))
        assert "a-secret" not in rows
        assert llm.base_url not in rows

    def test_waits_for_the_server_then_for_tomorrow(
        self, llm: LanguageModel, settings: Any
    ) -> None:
        llm.behave = [fails(429, Retry_After="600")]
        video = make_started_video()
        for _ in range(4):
            runner.run_one("cpu")
        waiting = stage(video, "write_abstract")
        today, all_but_ten = timezone.now().date(), settings.LLM_DAY_TOKENS - 10
        LlmUsage.objects.create(workspace=video.workspace, day=today, tokens=all_but_ten)

        ended = work_off(video)

        assert waiting.status == StageRun.Status.QUEUED
        assert waiting.run_after and waiting.queued_at
        pause = waiting.run_after - waiting.queued_at
        assert pause.total_seconds() == pytest.approx(600, abs=1)
        assert ended.status == Video.Status.COMPLETED
        reason = stage(video, "write_abstract").reason
        assert reason and reason["code"] == "llm_budget_spent"
        assert len(llm.asked) == 1
