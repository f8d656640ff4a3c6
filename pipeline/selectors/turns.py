"""Whose turn it is: start-time fair queuing, with a run as the unit of work.

A run gets a turn when it starts, and its stages go by it: those of the lowest turn first, among
equal priorities. Somebody's runs get turns one after another, from the turn that is being served
on. So a thousand videos of one user lie a thousand turns deep, and another's first is next.

After P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queuing", SIGCOMM 1996.
"""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from pipeline.models import PipelineRun, ServedQueue, StageRun


def next_turn(*, workspace_id: UUID, user: User | None, priority: int) -> int:
    """Return the turn of a run that `user` (None: the command line) asks for now.

    Two that start at the same instant may get the same one.
    """
    own = PipelineRun.objects.filter(
        status=PipelineRun.Status.ACTIVE,
        requested_by=user,
        priority=priority,
        video__workspace=workspace_id,
    )
    last = own.order_by("-turn").values_list("turn", flat=True).first()
    served = _turn_served(priority)
    return served if last is None else max(served, last + 1)


def _turn_served(priority: int) -> int:
    """Return how far the slowest queue is that work of this priority waits in.

    A queue's clock is the highest turn that it has begun, ever: a stage that is tried again does
    not turn it back. Light queues run ahead of heavy ones, and what counts is where the wait is;
    a queue without a worker stands still, and must not hold the turns of the others.
    """
    stages = StageRun.objects.filter(queue=OuterRef("name"), priority=priority)
    begun = stages.filter(started_at__isnull=False).order_by("-turn").values("turn")[:1]
    # Not "exists": for one the planner may read the table through.
    first = stages.filter(status=StageRun.Status.QUEUED).order_by("turn").values("turn")[:1]
    queues = list(
        ServedQueue.objects.annotate(
            alive=Q(name__in=ServedQueue.objects.alive().values("name")),
            clock=Coalesce(Subquery(begun), Value(0)),
            first=Subquery(first),
        )
    )
    # While nobody works at all, nobody loses a place either.
    served = [queue for queue in queues if queue.alive] or queues
    everywhere = max((queue.clock for queue in served), default=0)
    return min((queue.clock for queue in served if queue.first is not None), default=everywhere)
