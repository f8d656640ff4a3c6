"""What it costs that many wait: workers claim, and users upload, all the time."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.models import PipelineRun
from pipeline.selectors import next_turn
from pipeline.services import announce, claim, start
from tests import factories
from tests.execution.conftest import Configure
from videos.models import Workspace

pytestmark = pytest.mark.django_db


class TestLongQueue:
    """Twenty thousand queued videos cost a claim and an upload no more than one."""

    @pytest.fixture(autouse=True)
    def rows(self, stages: Configure, settings: Any, user: User) -> None:
        settings.PIPELINE_PROFILES = {"standard": {"first": {}}}
        announce("cpu")
        stage = start(video=factories.make_video(), user=user).stages.get(status="QUEUED")
        with connection.cursor() as cursor:
            cursor.execute(_COPY_VIDEO, [stage.run.video_id])
            cursor.execute(_COPY_RUN, [stage.run_id])
            cursor.execute(_COPY_STAGE, [stage.id])
            cursor.execute("ANALYZE")

    def test_is_claimed_from_by_its_index(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            claim(queue="cpu", worker="w")

        plan = _plan(next(q["sql"] for q in asked if "SKIP LOCKED" in q["sql"]))
        assert "Index Scan using stage_ready" in plan
        assert "Sort" not in plan

    @pytest.mark.parametrize("whose", ["ada", None])
    def test_gives_turns_by_its_indexes(
        self, user: User, workspace: Workspace, whose: str | None
    ) -> None:
        asker = user if whose else None
        PipelineRun.objects.exclude(requested_by=asker).update(requested_by=asker)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE pipeline_pipelinerun")

        with CaptureQueriesContext(connection) as asked:
            next_turn(workspace_id=workspace.id, user=asker, priority=5, queues=["cpu"])

        plan = "".join(_plan(query["sql"]) for query in asked)
        assert "using run_turns" in plan
        assert "using stage_begun" in plan
        assert "Seq Scan on pipeline_stagerun" not in plan
        assert "Sort" not in plan


_COPY_VIDEO = """
INSERT INTO videos_video
SELECT copied.* FROM videos_video video, generate_series(1, 20000) n,
  LATERAL jsonb_populate_record(video, jsonb_build_object('id', md5(n::text)::uuid)) copied
WHERE video.id = %s
"""
_COPY_RUN = """
INSERT INTO pipeline_pipelinerun
SELECT copied.* FROM pipeline_pipelinerun run,
  (SELECT id, row_number() OVER () AS turn FROM videos_video) video,
  LATERAL jsonb_populate_record(run, jsonb_build_object(
    'id', video.id, 'video_id', video.id, 'turn', video.turn)) copied
WHERE run.id = %s AND video.id <> run.video_id
"""
# Every third was begun before, and is tried again.
_COPY_STAGE = """
INSERT INTO pipeline_stagerun
SELECT copied.* FROM pipeline_stagerun stage, pipeline_pipelinerun run,
  LATERAL jsonb_populate_record(stage, jsonb_build_object(
    'id', run.id, 'run_id', run.id, 'turn', run.turn,
    'started_at', CASE WHEN run.turn %% 3 = 0 THEN now() END)) copied
WHERE stage.id = %s AND run.id <> stage.run_id
"""


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE) {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
