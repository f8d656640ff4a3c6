"""Order and fingerprints of a run's stages. Pure: no database, no files."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from pipeline.contract import SplitStage, Stage
from pipeline.engines import catalogue


class PlanError(Exception):
    """The stages cannot be put in order: a bug in the settings, told at start."""


@dataclass(frozen=True)
class Step:
    """A stage in its place in the plan."""

    stage: Stage
    needs: tuple[str, ...]
    """Names of the stages without whose result this one is skipped."""
    wants: tuple[str, ...]
    """Names of the stages it waits for, and does without where they give no result."""
    split_by: str
    """Name of the stage whose result says how this one may be split; empty: it may not."""
    fingerprint: str
    """Equal fingerprints mean equal results."""


def plan(stages: Iterable[Stage], *, checksum: str) -> tuple[Step, ...]:
    """Order stages so that each comes after those whose results it takes.

    `checksum` is the video's sha256: with the stages' versions, parameters and weights it is all
    that a result depends on.
    Raises `PlanError` for a cycle, two makers of one result, a need that nothing makes, or a
    stage that is split by a result it does not need.
    """
    by_result: dict[type, Stage] = {}
    for stage in stages:
        if stage.produces in by_result:
            raise PlanError(f"{stage.name} and {by_result[stage.produces].name} make the same.")
        by_result[stage.produces] = stage

    steps: dict[str, Step] = {}
    for stage in _ordered(by_result):
        upstream = [
            steps[by_result[kind].name].fingerprint
            for kind in (*stage.needs, *stage.wants)
            if kind in by_result
        ]
        steps[stage.name] = Step(
            stage=stage,
            needs=tuple(by_result[kind].name for kind in stage.needs),
            wants=tuple(by_result[kind].name for kind in stage.wants if kind in by_result),
            split_by=_split_by(stage, by_result),
            fingerprint=fingerprint(stage, checksum, upstream),
        )
    return tuple(steps.values())


def preceded(steps: Iterable[Step], by: Step) -> tuple[Step, ...]:
    """Put one step before all others: those that needed nothing need it."""
    return (by, *(step if step.needs else replace(step, needs=(by.stage.name,)) for step in steps))


def fingerprint(stage: Stage, checksum: str, upstream: Iterable[str]) -> str:
    """Return the sha256 over all that the stage's result depends on."""
    weights = [catalogue.fingerprint(name) for name in stage.models]
    # The repr of a frozen dataclass holds every parameter.
    inputs = (checksum, stage.name, stage.version, repr(stage), weights, sorted(upstream))
    return hashlib.sha256(repr(inputs).encode()).hexdigest()


def part_fingerprint(whole: str, shard: int) -> str:
    """Return the fingerprint of a split stage's part, from the stage's own and the shard, 1..n."""
    return hashlib.sha256(f"{whole} {shard}".encode()).hexdigest()


def _split_by(stage: Stage, by_result: dict[type, Stage]) -> str:
    if not isinstance(stage, SplitStage):
        return ""
    if stage.split_by not in stage.needs:
        raise PlanError(f"{stage.name} is split by {stage.split_by.__name__}, but needs it not.")
    return by_result[stage.split_by].name


def _ordered(by_result: dict[type, Stage]) -> tuple[Stage, ...]:
    graph: dict[Stage, list[Stage]] = {}
    for stage in by_result.values():
        for kind in stage.needs:
            if kind not in by_result:
                raise PlanError(f"Nothing makes the {kind.__name__} that {stage.name} needs.")
        takes = (*stage.needs, *stage.wants)
        graph[stage] = [by_result[kind] for kind in takes if kind in by_result]
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = " → ".join(stage.name for stage in error.args[1])
        raise PlanError(f"The stages wait for each other: {cycle}.") from error
