"""Whose turn it is: start-time fair queuing, with a run as the unit of work.

A run gets a turn when it starts, and its stages go by it: those of the lowest turn first, among
equal priorities. Somebody's runs get turns one after another, from the turn that is being served
on. So a thousand videos of one user lie a thousand turns deep, and another's first is next.

Between two turns lie places for the parts of a run: those of a long video come one after another
from the turn being served on, so that whoever is new waits for one of them and not for all.

After P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queuing", SIGCOMM 1996.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection

from pipeline.models import StageRun
from pipeline.querysets import SERVED

# Every upload asks this; Django would take longer to put it together than PostgreSQL to answer.
# Scalar subqueries, not "exists" and not max(): each is one step down an index. Ordered by the
# user, too: "is null" alone does not tell the planner that the index has the order wanted.
_QUERY = """
SELECT own.turn, queue.alive, queue.clock, queue.first
FROM (
  SELECT (
    SELECT run.turn FROM pipeline_pipelinerun run JOIN videos_video video ON video.id = run.video_id
    WHERE run.status = 'ACTIVE' AND run.priority = %(priority)s
      AND (run.requested_by_id = %(user)s OR %(user)s IS NULL AND run.requested_by_id IS NULL)
      AND video.workspace_id = %(workspace)s
    ORDER BY run.requested_by_id, run.turn DESC LIMIT 1
  ) AS turn
) own
LEFT JOIN (
  SELECT
    known.seen_at > statement_timestamp() - %(served)s AS alive,
    coalesce((
      SELECT stage.turn FROM pipeline_stagerun stage
      WHERE stage.queue = known.name AND stage.priority = %(priority)s
        AND stage.started_at IS NOT NULL
      ORDER BY stage.turn DESC LIMIT 1
    ), 0) AS clock,
    (
      SELECT stage.turn FROM pipeline_stagerun stage
      WHERE stage.queue = known.name AND stage.priority = %(priority)s AND stage.status = 'QUEUED'
      ORDER BY stage.turn LIMIT 1
    ) AS first
  FROM pipeline_servedqueue known
  WHERE known.name = ANY(%(queues)s)
) queue ON true
"""


# From one turn to the next: no stage has more parts.
_PLACES = 1 << 16


@dataclass(frozen=True)
class _Queue:
    """A queue that somebody serves, or has served."""

    alive: bool
    clock: int
    """The highest turn that it has begun, ever."""
    first: int | None
    """The turn of the first that waits in it."""


def next_turn(
    *, workspace_id: UUID, user: User | None, priority: int, queues: Collection[str]
) -> int:
    """Return the turn of a run that `user` (None: the command line) asks for now.

    `queues` are those of its stages. Two that start at the same instant may get the same one.
    """
    asked: dict[str, Any] = {
        "workspace": workspace_id,
        "user": user.pk if user else None,
        "priority": priority,
        "queues": list(queues),
        "served": SERVED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, asked)
        rows = cursor.fetchall()
    last = rows[0][0]
    served = _turn_served([_Queue(*row[1:]) for row in rows if row[1] is not None])
    return served if last is None else max(served, last + _PLACES)


def turn_of_parts(stage: StageRun) -> int:
    """Return the turn after which those of the stage's parts come, one each, if it is split now."""
    begun = StageRun.objects.filter(
        queue=stage.queue, priority=stage.priority, started_at__isnull=False
    )
    clock = begun.order_by("-turn").values_list("turn", flat=True).first()
    return max(stage.turn, clock or 0)


def _turn_served(known: list[_Queue]) -> int:
    """Return how far the slowest of a run's queues is that work of its priority waits in.

    A queue's clock is the highest turn that it has begun, ever: a stage that is tried again does
    not turn it back. Light queues run ahead of heavy ones, and what counts is where the wait is;
    a queue without a worker stands still, and must not hold the turns of the others.
    """
    # While nobody works at all, nobody loses a place either.
    served = [queue for queue in known if queue.alive] or known
    everywhere = max((queue.clock for queue in served), default=0)
    return min((queue.clock for queue in served if queue.first is not None), default=everywhere)
