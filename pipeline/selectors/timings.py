"""How long stages take, from this server's own history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection

# The newest runs of each stage. By the newest version first: where the wanted version has none
# among them, all of them count. Of a split stage its parts tell; its own row only joins them.
_QUERY = """
SELECT wanted.name,
       coalesce(
         percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.rate)
           FILTER (WHERE recent.version = wanted.version),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.rate))
FROM unnest(%s::text[], %s::int[]) AS wanted (name, version)
CROSS JOIN LATERAL (
  SELECT stage.version,
         extract(epoch FROM stage.finished_at - stage.started_at) * 1000.0
           / coalesce(stage.media_ms, media.duration_ms) AS rate
  FROM pipeline_stagerun stage
  JOIN pipeline_pipelinerun run ON run.id = stage.run_id
  JOIN videos_media media ON media.video_id = run.video_id
  WHERE stage.name = wanted.name AND stage.status = 'SUCCEEDED' AND NOT stage.reused
    AND NOT (stage.shard = 0 AND EXISTS (
      SELECT FROM pipeline_stagerun part
      WHERE part.run_id = stage.run_id AND part.name = stage.name AND part.shard > 0))
  ORDER BY stage.version DESC, stage.finished_at DESC
  LIMIT %s
) recent
GROUP BY wanted.name
"""
_RUNS = 50


@dataclass(frozen=True)
class Timings:
    """Seconds of work for a second of media, by stage: medians."""

    rates: Mapping[str, float]

    def predicted_s(self, name: str, duration_ms: int | None) -> float | None:
        """Return how long the stage takes for so much media; None: nobody knows."""
        rate = self.rates.get(name)
        if rate is None or duration_ms is None:
            return None
        return round(rate * duration_ms / 1000, 2)


def timings(stages: Iterable[tuple[str, int]]) -> Timings:
    """Return what is known of stages, given by name and version, in one query.

    Only what was computed counts, not what was taken over; attempts that failed don't.
    """
    wanted = dict(stages)
    if not wanted:
        return Timings({})
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [list(wanted), list(wanted.values()), _RUNS])
        return Timings({name: float(rate) for name, rate in cursor.fetchall()})
