"""Stages of other videos with the same bytes, whose results can be taken over."""

from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Q

from pipeline.models import PipelineRun, StageRun
from pipeline.querysets import StageRunQuerySet

# Of many equal videos a few tell whether there is a result: each costs a look at its run.
_MOST_TWINS = 3


def finished_twin(stage: StageRun, stages: Mapping[str, StageRun] | None = None) -> StageRun | None:
    """Return a finished stage whose outcome, and artefact if it has one, `stage` can take over.

    A twin is a stage of another video in the workspace with an equal fingerprint, whose inputs
    ended alike: one that did without a failed input may have found less. `stages` are those of
    the stage's own run, by name, where they are at hand.
    """
    if stage.fresh:
        return None
    newest = list(_twins(stage).select_related("run").order_by("-run__created_at")[:_MOST_TWINS])
    if not newest:
        return None
    inputs = _inputs(stage, stages or _stages(stage))
    return next((twin for twin in newest if _inputs(twin, _stages(twin)) == inputs), None)


def stands(twin: StageRun) -> bool:
    """Tell whether the row is still one that can be taken over."""
    return _standing().filter(id=twin.id).exists()


def _twins(stage: StageRun) -> StageRunQuerySet:
    """Return the standing equals of `stage`."""
    video = stage.run.video
    return (
        _standing()
        .filter(fingerprint=stage.fingerprint, run__video__workspace=video.workspace_id)
        .exclude(run__video=video)
    )


def _standing() -> StageRunQuerySet:
    """Return what is finished, in the newest run of its video or rendition.

    Files of older runs may be going.
    """
    newer = PipelineRun.objects.filter(
        video=OuterRef("run__video"), created_at__gt=OuterRef("run__created_at")
    )
    analysed_again = Q(run__rendition=None) & Exists(newer.filter(rendition=None))
    made_again = Exists(newer.filter(rendition=OuterRef("run__rendition")))
    return StageRun.objects.finished().filter(~(analysed_again | made_again))


def _stages(one: StageRun) -> dict[str, StageRun]:
    """Return the stages of a stage's run, by name."""
    return {row.name: row for row in StageRun.objects.filter(run=one.run_id, shard=0)}


def _inputs(stage: StageRun, stages: Mapping[str, StageRun]) -> Mapping[str, bool]:
    """Tell of every stage that this one builds on, near and far, whether it gave a result."""
    found: dict[str, bool] = {}
    open_names = [stage.name]
    while open_names:
        row = stages[open_names.pop()]
        upstream = [name for name in (*row.needs, *row.wants) if name not in found]
        found |= {name: stages[name].status == StageRun.Status.SUCCEEDED for name in upstream}
        open_names += upstream
    return found
