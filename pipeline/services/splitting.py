"""Dividing a stage among workers: a row for each shard; the stage's own row joins them."""

from collections.abc import Mapping

from pipeline.models import StageRun
from pipeline.planner import part_fingerprint
from pipeline.selectors import finished_twin, turn_of_parts

# What a part has in common with its stage.
_SHARED = (
    *("run", "name", "position", "version", "parameters", "needs", "wants"),
    *("queue", "fresh", "priority", "turn", "max_attempts"),
)


def part_of(stage: StageRun, *, shard: int, shards: int, media_ms: int | None) -> StageRun:
    """Return a row, not inserted yet, for the part of `stage` that computes `shard`, 1..`shards`."""
    return StageRun(
        **{field: getattr(stage, field) for field in _SHARED},
        shard=shard,
        shards=shards,
        media_ms=media_ms,
        fingerprint=part_fingerprint(stage.fingerprint, shard),
        weight=0,  # its stage's own tells the share of the work
    )


def split(stage: StageRun, stages: Mapping[str, StageRun]) -> list[StageRun]:
    """Give the stage, whose needs are met, a part for each shard that has none yet; return these.

    They are queued, and not inserted yet. `stages` are its run's, by name. A single shard needs
    no part, nor does a stage that a twin's result will serve: the claim takes that over.
    """
    lengths_ms = stages[stage.split_by].shard_lengths_ms if stage.split_by else []
    there = {part.shard for part in stage.parts}
    if len(lengths_ms) < 2 or len(lengths_ms) == len(there):
        return []
    if not there and finished_twin(stage, stages):
        return []
    missing = [
        part_of(stage, shard=shard, shards=len(lengths_ms), media_ms=media_ms)
        for shard, media_ms in enumerate(lengths_ms, start=1)
        if shard not in there
    ]
    turn = turn_of_parts(stage)
    for part in missing:
        part.status = StageRun.Status.QUEUED
        part.turn = turn + part.shard
    stage.parts = [*stage.parts, *missing]
    return missing
