"""The filter vocabulary of stage runs and queues."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

# Skips that another attempt may turn into results.
MENDABLE = ("upstream_failed", "model_missing")

# Clusters say that they are there every three seconds; they may miss it twice.
SERVED = timedelta(seconds=10)


class StageRunQuerySet(models.QuerySet[Any]):
    """Stage runs; `now` is always the database's."""

    def ready(self, queue: str) -> Self:
        """Those a worker of `queue` may take now: the most urgent first, then by turn and age."""
        due = Q(run_after__isnull=True) | Q(run_after__lte=Now())
        return self.filter(due, queue=queue, status="QUEUED").order_by(
            F("priority").desc(), "turn", "queued_at", "position", "shard"
        )

    def stalled(self, at: datetime | None = None) -> Self:
        """Those whose worker has not renewed its lease in time: by now, or by the moment `at`."""
        return self.filter(status="RUNNING", lease_expires_at__lt=at or Now())

    def held(self, token: object) -> Self:
        """The one that this lease still owns, if it does."""
        return self.filter(status="RUNNING", lease_token=token)

    def requeue(self, *, priority: int, turn: int, **values: Any) -> int:
        """Put running stages back into the queue, in the place that their run has by now.

        What kept the run's priority keeps its turn. What gets another must not set forward the
        clock of its new equals, as `reprioritise` has it.
        """
        kept = Q(priority=priority)
        return self.update(
            status="QUEUED",
            lease_token=None,
            lease_expires_at=None,
            queued_at=Now(),
            priority=priority,
            turn=Case(When(kept, then=F("turn")), default=Value(turn) + F("shard")),
            started_at=Case(When(kept, then=F("started_at"))),
            **values,
        )

    def finished(self) -> Self:
        """Those with a result to build on: succeeded, or skipped for a reason that will stay."""
        skipped = Q(status="SKIPPED") & ~Q(reason__code__in=MENDABLE)
        return self.filter(Q(status="SUCCEEDED") | skipped)
