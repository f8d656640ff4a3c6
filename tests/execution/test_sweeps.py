"""What a sweep costs where there is much: it runs every ten seconds, for ever."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from pipeline.models import StageRun
from pipeline.services import recover, recovery
from tests.execution.conftest import make_started_video
from videos.models import Video

pytestmark = pytest.mark.django_db

_VIDEOS = 10_000
_ACTIVE = 300

_COPY_VIDEO = """
INSERT INTO videos_video
SELECT copied.* FROM videos_video video, generate_series(1, %s) n,
  LATERAL jsonb_populate_record(video, jsonb_build_object('id', md5(n::text)::uuid)) copied
WHERE video.id = %s
"""
# The video's own is active, and so are the first of the others.
_COPY_RUN = """
INSERT INTO pipeline_pipelinerun
SELECT copied.* FROM pipeline_pipelinerun run, generate_series(1, %s) n,
  LATERAL jsonb_populate_record(run, jsonb_build_object(
    'id', md5(n::text)::uuid, 'video_id', md5(n::text)::uuid)
    || CASE WHEN n < %s THEN '{}' ELSE '{"status": "SUCCEEDED", "finished_at": "now"}'::jsonb END) copied
"""
_COPY_STAGES = """
INSERT INTO pipeline_stagerun
SELECT copied.* FROM pipeline_stagerun stage, pipeline_pipelinerun run,
  LATERAL jsonb_populate_record(stage, jsonb_build_object(
    'id', gen_random_uuid(), 'run_id', run.id)
    || CASE run.status WHEN 'ACTIVE' THEN '{}' ELSE '{"status": "SUCCEEDED"}'::jsonb END) copied
WHERE run.id <> stage.run_id
"""


@pytest.fixture
def history(video: Video) -> None:
    """Thousands of runs that have ended, and hundreds of active ones."""
    with connection.cursor() as cursor:
        cursor.execute(_COPY_VIDEO, [_VIDEOS, video.id])
        cursor.execute(_COPY_RUN, [_VIDEOS, _ACTIVE])
        cursor.execute(_COPY_STAGES)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ANALYZE")


class TestSweep:
    def test_reads_no_stage_of_runs_that_have_ended(self, history: None) -> None:
        with CaptureQueriesContext(connection) as asked:
            found = recover()

        assert (found.requeued, found.failed, found.advanced) == (0, 0, 0)
        with connection.cursor() as cursor:
            for sql in (q["sql"] for q in asked if q["sql"].startswith("SELECT")):
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "Seq Scan on pipeline_stagerun" not in plan, plan

    def test_rings_for_some_at_a_time(self, video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
        """After the loss of all messages of a long queue, the next sweep is not to wait for hours."""
        monkeypatch.setattr(recovery, "_MOST_RINGS", 2)
        for _ in range(4):
            make_started_video()
        OrmQ.objects.all().delete()

        rung = [recover().rung for _ in range(4)]

        assert rung == [2, 2, 1, 0]
        assert OrmQ.objects.count() == StageRun.objects.filter(status="QUEUED").count() == 5
