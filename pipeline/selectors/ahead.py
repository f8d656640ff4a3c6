"""How long the work of other runs takes that workers do before a run's own."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from pipeline.querysets import SERVED

# Runs in the order in which workers take their stages, and of each the work that is left, queue by
# queue: what stands before it there, and what runs although it stands behind. Where anything waits
# at all every worker is busy, so those that are at work tell how many there are.
#
# Of videos whose bytes are elsewhere nobody knows when they come: they stand before nobody. A part
# that is split off has its own row, and its stage's then tells of the joining alone.
_QUERY = """
WITH taken AS (
  SELECT run.id, run.priority, run.turn, media.duration_ms
  FROM pipeline_pipelinerun run
  JOIN videos_video video ON video.id = run.video_id AND video.checksum_sha256 <> ''
  LEFT JOIN videos_media media ON media.video_id = run.video_id
  WHERE run.status = 'ACTIVE'
  ORDER BY run.priority DESC, run.turn, run.id
  LIMIT %(most)s
), opened AS (
  SELECT stage.run_id, taken.priority, taken.turn, stage.queue,
         (1 - stage.progress) * rate.s * coalesce(stage.media_ms, taken.duration_ms) / 1000 AS left_s,
         stage.status = 'RUNNING' AS runs
  FROM taken
  JOIN pipeline_stagerun stage ON stage.run_id = taken.id
    AND stage.status NOT IN ('SUCCEEDED', 'SKIPPED', 'FAILED', 'CANCELLED')
  LEFT JOIN unnest(%(names)s::text[], %(rates)s::float[]) AS rate (name, s) ON rate.name = stage.name
  WHERE NOT (stage.shard = 0 AND stage.split_by <> '' AND EXISTS (
    SELECT FROM pipeline_stagerun part
    WHERE part.run_id = stage.run_id AND part.name = stage.name AND part.shard > 0))
), work AS (
  SELECT run_id, priority, turn, queue, bool_and(left_s IS NOT NULL) AS known,
         coalesce(sum(left_s), 0) AS left_s,
         coalesce(sum(left_s) FILTER (WHERE runs), 0) AS running_s,
         count(*) FILTER (WHERE runs) AS running
  FROM opened GROUP BY run_id, priority, turn, queue
), placed AS (
  SELECT run_id, queue,
         coalesce(sum(left_s) OVER before, 0) + coalesce(sum(running_s) OVER behind, 0) AS before_s,
         coalesce(bool_and(known) OVER before, true) AS known,
         sum(running) OVER (PARTITION BY queue) AS running
  FROM work
  WINDOW before AS (PARTITION BY queue ORDER BY priority DESC, turn, run_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
         behind AS (PARTITION BY queue ORDER BY priority DESC, turn, run_id
                    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
)
SELECT run_id, queue, CASE WHEN known THEN before_s / greatest(running, 1) END
FROM placed
JOIN pipeline_servedqueue served ON served.name = queue
  AND served.seen_at > statement_timestamp() - %(served)s
WHERE run_id = ANY(%(runs)s)
"""

# A page must not cost more the longer the queue: who stands behind more is told nothing.
_MOST_RUNS = 1000


@dataclass(frozen=True)
class Ahead:
    """What stands before some runs."""

    waits: Mapping[UUID, Mapping[str, float | None]]
    """Seconds by run and queue."""

    def wait_s(self, run_id: UUID, queues: Collection[str]) -> float | None:
        """Return how long workers of these queues are busy with what comes first.

        None: nobody knows, or nobody serves one of them.
        """
        known = self.waits.get(run_id, {})
        waits = [known.get(queue) for queue in queues]
        return None if None in waits else max(filter(None, waits), default=0.0)


def ahead_of(runs: Collection[UUID], rates: Mapping[str, float]) -> Ahead:
    """Return what stands before each of `runs`, in one query.

    `rates`: seconds of work for a second of media, by stage.
    """
    asked: dict[str, Any] = {
        "runs": list(runs),
        "names": list(rates),
        "rates": list(rates.values()),
        "most": _MOST_RUNS,
        "served": SERVED,
    }
    waits: dict[UUID, dict[str, float | None]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, asked)
        for run_id, queue, wait_s in cursor.fetchall():
            waits[run_id][queue] = wait_s
    return Ahead(waits)
