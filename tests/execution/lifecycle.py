"""What should become of videos and stages: the model against which the rows are held."""

from dataclasses import dataclass, field
from uuid import UUID

from pipeline.models import StageRun

NEEDS: dict[str, str | None] = {"first": None, "second": "first", "third": None}
"""Whose success a stage cannot do without."""
AFTER: dict[str, str | None] = {"first": None, "second": "first", "third": "second"}
"""Whose end a stage waits for, in the order of the plan."""


@dataclass
class ModelStage:
    status: str = "WAITING"
    attempt: int = 0
    losses: int = 0
    backs_off: bool = False
    token: UUID | None = None

    @property
    def ended(self) -> bool:
        return self.status in StageRun.ENDED

    @property
    def ready(self) -> bool:
        return self.status == "QUEUED" and not self.backs_off

    def release(self, status: str) -> None:
        """Leave RUNNING."""
        self.status, self.token = status, None


@dataclass
class ModelVideo:
    """What a video and the newest of its runs should look like."""

    status: str = "UPLOADED"
    cancelling: bool = False
    stages: dict[str, ModelStage] = field(default_factory=lambda: {n: ModelStage() for n in NEEDS})

    @property
    def active(self) -> bool:
        return self.status in ("UPLOADED", "PROCESSING")

    def advance(self) -> None:
        for name, stage in self.stages.items():
            need, after = NEEDS[name], AFTER[name]
            if stage.status == "WAITING" and (after is None or self.stages[after].ended):
                met = need is None or self.stages[need].status == "SUCCEEDED"
                stage.status = "QUEUED" if met else "SKIPPED"
        statuses = {stage.status for stage in self.stages.values()}
        if statuses <= set(StageRun.ENDED):
            ends = {"FAILED": "FAILED", "CANCELLED": "CANCELLED"}
            self.status = next((ends[s] for s in ends if s in statuses), "COMPLETED")


def downstream(name: str) -> set[str]:
    """Return the stage and all that need or want its result, near and far."""
    found = {name}
    for later, after in AFTER.items():
        found |= {later} if after in found else set()
    return found
