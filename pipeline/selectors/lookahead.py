"""What open stages wait for, and when a video will be done."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from pipeline import registry
from pipeline.models import StageRun
from pipeline.selectors.ahead import Ahead, ahead_of
from pipeline.selectors.server import served_queues
from pipeline.selectors.timings import Kind, Timings, kind, timings
from videos.lifecycle import Reason

# Nobody counts further, and a page must not cost more the longer the queue.
_MOST_AHEAD = 1000
_OF_A_PART = ("run", "name", "shard", "status", "queue", "run_after")


@dataclass(frozen=True)
class Outlook:
    """What was found out about some stages at once."""

    stages: Sequence[StageRun]
    waiting: Mapping[UUID, Reason]

    @cached_property
    def timings(self) -> Timings:
        """How long the stages take, and any of this server; asked for when the first needs it."""
        every = (kind(stage.name, stage.version, {}) for stage in registry.stages())
        return timings([*map(_kind, self.stages), *every])

    @cached_property
    def ahead(self) -> Ahead:
        """What stands before the runs of the stages; asked for likewise."""
        rates = {kind.name: rate for kind, rate in self.timings.rates.items()}
        return ahead_of({stage.run_id for stage in self.stages}, rates)

    def waiting_for(self, stage: StageRun) -> Reason | None:
        """Return why the stage does not run yet; None if it does, or has ended."""
        return self.waiting.get(stage.id)

    def eta_s(self, stages: Sequence[StageRun], duration_ms: int | None) -> float | None:
        """Return how long it is until a run's open stages have ended.

        `stages` come with their parts, as `with_parts` gives them.
        What workers do before them comes first. Then it takes at least as long as the longest
        chain of them, and as all of them shared among this server's workers. None: nothing is
        open, a duration is not known yet, or the history does not tell of all, those before
        included; and where no worker serves a queue.
        """
        if duration_ms is None:
            return None
        opened = [stage for stage in stages if stage.status not in StageRun.ENDED]
        left: dict[str, float] = {}
        chains: dict[str, float] = {}
        for stage in opened:
            predicted_s = self.timings.predicted_s(_kind(stage), duration_ms)
            if predicted_s is None:
                return None
            left[stage.name] = predicted_s * (1 - stage.overall_progress)
            upstream = [chains.get(name, 0.0) for name in (*stage.needs, *stage.wants)]
            parts = sum(part.status not in StageRun.ENDED for part in stage.parts)
            at_once = max(1, min(parts, settings.PIPELINE_WORKERS))
            chains[stage.name] = left[stage.name] / at_once + max(upstream, default=0.0)
        if not left:
            return None
        queues = {stage.queue for stage in opened if stage.status != StageRun.Status.RUNNING}
        wait_s = self.ahead.wait_s(opened[0].run_id, queues)
        if wait_s is None:
            return None
        shared: float = sum(left.values()) / settings.PIPELINE_WORKERS
        return round(wait_s + max(shared, *chains.values()), 1)


def outlook(stages: Collection[StageRun]) -> Outlook:
    """Look ahead for `stages`, of any number of runs, in a handful of queries."""
    opened = [stage for stage in stages if stage.status not in StageRun.ENDED]
    queued = [stage for stage in opened if stage.status == StageRun.Status.QUEUED]
    waiting = [stage for stage in opened if stage.status == StageRun.Status.WAITING]
    return Outlook(opened, _in_queues(queued) | _behind_others(waiting, stages))


def _kind(stage: StageRun) -> Kind:
    return kind(stage.name, stage.version, stage.parameters)


def _behind_others(stages: Sequence[StageRun], known: Collection[StageRun]) -> dict[UUID, Reason]:
    opened = _opened(stages, known)
    reasons = {}
    split = []
    for stage in stages:
        names = [name for name in (*stage.needs, *stage.wants) if name in opened[stage.run_id]]
        message = f"Waiting for {' and '.join(names)}."
        reasons[stage.id] = Reason(code="upstream", message=message)
        if stage.split_by and not names:  # its parts begin when its inputs have ended
            split.append(stage)
    return reasons | _behind_parts(split)


def _behind_parts(stages: Sequence[StageRun]) -> dict[UUID, Reason]:
    """Tell of those stages that are split how far their parts are, and why none of them runs."""
    if not stages:
        return {}
    parts = defaultdict(list)
    rows = StageRun.objects.filter(run__in={stage.run_id for stage in stages}, shard__gt=0)
    for part in rows.order_by("shard").only(*_OF_A_PART):
        parts[part.run_id, part.name].append(part)
    idle = {of: first for of, all_ in parts.items() if (first := _first_in_queue(all_))}
    held_up = _in_queues([*idle.values()])
    reasons = {}
    for stage in stages:
        of = (stage.run_id, stage.name)
        if all_ := parts.get(of):
            done = sum(part.status in StageRun.ENDED for part in all_)
            message = f"{done} of {len(all_)} parts are done."
            if of in idle:
                message += f" {held_up[idle[of].id]['message']}"
            reasons[stage.id] = Reason(code="parts", message=message)
    return reasons


def _first_in_queue(parts: Sequence[StageRun]) -> StageRun | None:
    """Return the part that comes next; None while one runs, or none is queued."""
    if any(part.status == StageRun.Status.RUNNING for part in parts):
        return None
    return next((part for part in parts if part.status == StageRun.Status.QUEUED), None)


def _opened(
    stages: Sequence[StageRun], known: Collection[StageRun]
) -> Mapping[UUID, Collection[str]]:
    """Return the names of the open stages of each run; ask only where `known` has not all."""
    opened = defaultdict(set)
    for stage in known:
        if stage.status not in StageRun.ENDED:
            opened[stage.run_id].add(stage.name)
    at_hand = {(stage.run_id, stage.name) for stage in known}
    missing = {
        stage.run_id
        for stage in stages
        for name in (*stage.needs, *stage.wants)
        if (stage.run_id, name) not in at_hand
    }
    if missing:
        others = StageRun.objects.filter(run__in=missing).exclude(status__in=StageRun.ENDED)
        for run_id, name in others.values_list("run", "name"):
            opened[run_id].add(name)
    return opened


def _in_queues(stages: Sequence[StageRun]) -> dict[UUID, Reason]:
    served = served_queues() if stages else frozenset()
    places = {queue: _places(queue) for queue in {stage.queue for stage in stages} & served}
    return {stage.id: _in_queue(stage, places) for stage in stages}


def _places(queue: str) -> dict[UUID, int]:
    """Return how many stages come before each ready one, in the order in which workers take them."""
    ready = StageRun.objects.ready(queue).values_list("id", flat=True)[:_MOST_AHEAD]
    return {stage_id: place for place, stage_id in enumerate(ready)}


def _in_queue(stage: StageRun, places: Mapping[str, Mapping[UUID, int]]) -> Reason:
    if stage.queue not in places:
        start = f"Start one: manage.py work --queue {stage.queue}"
        message = f"No worker serves the queue {stage.queue}. {start}"
        return Reason(code="no_worker", message=message)
    ready = places[stage.queue]
    if stage.id in ready:
        place = ready[stage.id]
    elif stage.run_after and stage.run_after > timezone.now():
        at = f"{stage.run_after:%Y-%m-%d %H:%M:%S} UTC"
        return Reason(code="backoff", message=f"Tries again at {at}.")
    elif len(ready) == _MOST_AHEAD:
        return Reason(code="queue", message=f"Queued behind {_MOST_AHEAD} stages or more.")
    else:
        place = 0  # a worker has just taken it
    if place == 0:
        return Reason(code="queue", message="Next, once a worker is free.")
    return Reason(code="queue", message=f"Queued behind {place} stage{'s' * (place > 1)}.")
