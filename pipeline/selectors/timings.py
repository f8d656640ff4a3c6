"""How long stages take, from this server's own history."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

# The newest runs of each stage, by the newest version first. Those with the wanted version and
# parameters count, another model among them; where there are none, those with the version; else
# all. Of a split stage its parts tell; its own row only joins them. One that never succeeded, but
# was skipped for a model that is not here, takes no time: the next will be skipped likewise.
_QUERY = """
SELECT wanted.place,
       coalesce(
         percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.rate)
           FILTER (WHERE recent.version = wanted.version
                     AND recent.parameters = wanted.parameters),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.rate)
           FILTER (WHERE recent.version = wanted.version),
         percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.rate),
         CASE WHEN EXISTS (
           SELECT FROM pipeline_stagerun without
           WHERE without.name = wanted.name AND without.status = 'SKIPPED'
             AND without.reason -> 'code' = '"model_missing"') THEN 0 END)
FROM unnest(%s::text[], %s::int[], %s::jsonb[])
  WITH ORDINALITY AS wanted (name, version, parameters, place)
LEFT JOIN LATERAL (
  SELECT stage.version, stage.parameters,
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
) recent ON true
GROUP BY wanted.place, wanted.name
"""
_RUNS = 50


class Kind(NamedTuple):
    """Stages that should take about as long, media being equal."""

    name: str
    version: int
    parameters: str
    """As JSON."""


def kind(name: str, version: int, parameters: Mapping[str, Any]) -> Kind:
    """Return the kind of a stage."""
    return Kind(name, version, json.dumps(parameters, sort_keys=True))


@dataclass(frozen=True)
class Timings:
    """Seconds of work for a second of media, by kind of stage: medians."""

    rates: Mapping[Kind, float]

    def predicted_s(self, kind: Kind, duration_ms: int | None) -> float | None:
        """Return how long such a stage takes for so much media; None: nobody knows."""
        rate = self.rates.get(kind)
        if rate is None or duration_ms is None:
            return None
        return round(rate * duration_ms / 1000, 2)

    def of_work(self) -> "Timings":
        """Return these without what only went without its model, which may be here by now."""
        return Timings({kind: rate for kind, rate in self.rates.items() if rate})


def timings(kinds: Iterable[Kind]) -> Timings:
    """Return what is known of stages, in one query.

    Only what was computed counts, not what was taken over; attempts that failed don't.
    """
    wanted = list(dict.fromkeys(kinds))
    if not wanted:
        return Timings({})
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [*map(list, zip(*wanted, strict=True)), _RUNS])
        found = cursor.fetchall()
    # Of a row that does not say when it began nothing follows.
    return Timings({wanted[place - 1]: float(rate) for place, rate in found if rate is not None})
