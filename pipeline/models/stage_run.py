"""What workers claim, carry out and settle."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from pipeline.models.run import PipelineRun
from pipeline.querysets import MENDABLE, StageRunQuerySet


class StageRun(models.Model):
    """One stage of one run, or one part of a stage that is split.

    A split stage has a row for each shard, which workers carry out like any stage, and its own
    row, which waits for those and joins them.

    Lifecycle: `WAITING → QUEUED → RUNNING → SUCCEEDED | SKIPPED | FAILED | CANCELLED`, also
    `RUNNING → QUEUED` (lease lost, transient error, handed back), `WAITING → SKIPPED` and
    `WAITING | QUEUED → CANCELLED`. Ended rows never change; a trigger holds all of it.

    So `artefact` tells where the result lay when the row ended. The folder is there as long as the
    video's newest run names it or findings came from it; `remove_superseded` removes the others.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING"
        QUEUED = "QUEUED"
        RUNNING = "RUNNING"
        SUCCEEDED = "SUCCEEDED"
        SKIPPED = "SKIPPED"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"

    class Queue(models.TextChoices):
        CPU = "cpu"
        IO = "io"
        NET = "net"
        GPU = "gpu"

    ENDED = (Status.SUCCEEDED, Status.SKIPPED, Status.FAILED, Status.CANCELLED)

    TRANSITIONS = {
        Status.WAITING: {Status.QUEUED, Status.SKIPPED, Status.CANCELLED},
        Status.QUEUED: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.QUEUED, *ENDED},
        Status.SUCCEEDED: set(),
        Status.SKIPPED: set(),
        Status.FAILED: set(),
        Status.CANCELLED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(PipelineRun, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=50)
    shard = models.PositiveSmallIntegerField(
        default=0, help_text="0: the stage itself; 1..shards: its part for that shard."
    )
    shards = models.PositiveSmallIntegerField(
        default=0, help_text="Of a part: how many parts its stage has."
    )
    media_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="Length of a part's shard; null: all of the video."
    )
    split_by = models.CharField(
        max_length=50, blank=True, help_text="The stage that says how this one may be split."
    )
    shard_lengths_ms = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        blank=True,
        help_text="Of the shards that its result names.",
    )
    position = models.PositiveSmallIntegerField(help_text="Order in which it is shown.")
    version = models.PositiveIntegerField()
    parameters = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    needs = ArrayField(models.CharField(max_length=50), default=list)
    wants = ArrayField(models.CharField(max_length=50), default=list)
    queue = models.CharField(max_length=5, choices=Queue, default=Queue.CPU)
    weight = models.FloatField(default=1.0)

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    reason = models.JSONField(null=True, blank=True, help_text='{"code", "message"}')
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    losses = models.PositiveSmallIntegerField(
        default=0, help_text="Times a worker vanished at it; those are no attempts."
    )
    priority = models.SmallIntegerField(default=5, help_text="The run's, and so is the turn.")
    turn = models.BigIntegerField(default=0)
    run_after = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    artefact = models.CharField(max_length=300, blank=True, help_text="Folder in the media root.")
    model = models.CharField(max_length=100, blank=True, help_text="The weights it used.")
    coverage = models.JSONField(
        null=True,
        blank=True,
        help_text='Of a stage that looks at pictures: {"pictures", "largest_gap_ms"}.',
    )
    reused = models.BooleanField(
        default=False, help_text="Taken over from an earlier run or another video."
    )
    fresh = models.BooleanField(
        default=False, help_text="To be computed, whatever results are at hand."
    )

    objects = models.Manager.from_queryset(StageRunQuerySet)()

    parts: "Sequence[StageRun]" = ()
    """The rows of its parts, by shard, where `selectors.with_parts` has set them."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name", "shard"], name="stage_once_a_run"),
            models.CheckConstraint(
                name="stage_shard_in_range", condition=Q(shard__lte=models.F("shards"))
            ),
            models.CheckConstraint(
                name="stage_progress_0_to_1", condition=Q(progress__gte=0, progress__lte=1)
            ),
            models.CheckConstraint(
                name="stage_status_known",
                condition=Q(
                    status__in=[
                        *("WAITING", "QUEUED", "RUNNING"),
                        *("SUCCEEDED", "SKIPPED", "FAILED", "CANCELLED"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="stage_queue_known", condition=Q(queue__in=["cpu", "io", "net", "gpu"])
            ),
            models.CheckConstraint(name="stage_weight_not_negative", condition=Q(weight__gte=0)),
            models.CheckConstraint(
                name="stage_leased_while_running",
                condition=Q(
                    status="RUNNING", lease_token__isnull=False, lease_expires_at__isnull=False
                )
                | (~Q(status="RUNNING") & Q(lease_token__isnull=True)),
            ),
            models.CheckConstraint(
                name="stage_explains_its_end",
                condition=~Q(status__in=["SKIPPED", "FAILED"]) | Q(reason__isnull=False),
            ),
            models.CheckConstraint(
                name="stage_attempts_bounded",
                condition=Q(attempt__lte=models.F("max_attempts")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "-priority", "turn", "queued_at", "position", "shard"],
                condition=Q(status="QUEUED"),
                name="stage_ready",
            ),
            models.Index(
                fields=["queue", "priority", "-turn"],
                condition=Q(started_at__isnull=False),
                name="stage_begun",
            ),
            models.Index(
                fields=["lease_expires_at"], condition=Q(status="RUNNING"), name="stage_leased"
            ),
            models.Index(
                fields=["run"],
                condition=~Q(status__in=["SUCCEEDED", "SKIPPED", "FAILED", "CANCELLED"]),
                name="stage_open",
            ),
            models.Index(
                fields=["fingerprint"],
                condition=Q(status__in=["SUCCEEDED", "SKIPPED"]),
                name="stage_twins",
            ),
            models.Index(
                fields=["name", "-version", "-finished_at"],
                condition=Q(status="SUCCEEDED", reused=False),
                name="stage_timings",
            ),
            models.Index(
                fields=["name"],
                condition=Q(status="SKIPPED", reason__code="model_missing"),
                name="stage_without_model",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.shard}/{self.shards}" if self.shard else self.name

    @property
    def overall_progress(self) -> float:
        """How much is done, 0..1: of a split stage, by its parts."""
        if not self.parts:
            return self.progress
        return sum(part.progress for part in self.parts) / len(self.parts)

    @property
    def ready_at(self) -> datetime | None:
        """When it was queued: of a split stage, the first of its parts."""
        return self._earliest("queued_at")

    @property
    def begun_at(self) -> datetime | None:
        """When a worker took it up: of a split stage, the first of its parts."""
        return self._earliest("started_at")

    def _earliest(self, moment: str) -> datetime | None:
        own: datetime | None = getattr(self, moment)
        moments = [getattr(part, moment) for part in self.parts]
        return min(filter(None, moments), default=own)

    @property
    def finished(self) -> bool:
        """Whether there is a result to build on, as `StageRunQuerySet.finished` has it."""
        if self.status == self.Status.SKIPPED and self.reason:
            return self.reason["code"] not in MENDABLE
        return bool(self.status == self.Status.SUCCEEDED)
