"""The stages of runs, those that are split with their parts."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Prefetch

from pipeline.models import StageRun


def stages_in_order() -> "Prefetch[str]":
    """Return what fetches `PipelineRun.ordered_stages` along with runs, by one query for all."""
    return Prefetch("stages", StageRun.objects.order_by("position"), to_attr="ordered_stages")


def with_parts(rows: Iterable[StageRun]) -> list[StageRun]:
    """Return the stages among `rows`, in their order, each with its parts by shard."""
    parts = defaultdict(list)
    stages = []
    for row in rows:
        if row.shard:
            parts[row.run_id, row.name].append(row)
        else:
            stages.append(row)
    for stage in stages:
        stage.parts = sorted(parts[stage.run_id, stage.name], key=lambda part: part.shard)
    return stages
