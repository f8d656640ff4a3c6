"""Taking over what another video with the same bytes has finished, instead of computing it.

A worker asks for it once it holds the lease, so that the upload is answered at once and a stage
that is taken over settles like any other.
"""

from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef

from pipeline import registry, results, store
from pipeline.models import PipelineRun, StageRun
from pipeline.querysets import StageRunQuerySet
from pipeline.services.leases import Lease, Skipped, Succeeded
from videos.lifecycle import Reason
from videos.models import Video

# Of many equal videos a few tell whether there is a result: each costs a look at its run.
_MOST_TWINS = 3


def take_over(lease: Lease, workdir: Path) -> Succeeded | Skipped | None:
    """Link a finished twin's files into `workdir` and return its outcome; None: compute it.

    A twin is a stage of another video in the workspace with an equal fingerprint, whose inputs
    ended alike: one that did without a failed input may have found less. Raises `OSError` where
    files cannot be linked, `msgspec.ValidationError` where the result is of an older shape.
    """
    stage = StageRun.objects.select_related("run__video").filter(id=lease.stage_id).first()
    if stage is None or stage.fresh:
        return None
    twins = _twins(stage)
    newest = list(twins.select_related("run").order_by("-run__created_at")[:_MOST_TWINS])
    if not newest:
        return None
    inputs = _inputs(stage)
    twin = next((twin for twin in newest if _inputs(twin) == inputs), None)
    return _copied(twin, twins, workdir) if twin else None


def _twins(stage: StageRun) -> StageRunQuerySet:
    """Return the finished equals of `stage`, in the newest run of their video.

    Files of older runs may be gone, or be going.
    """
    video = stage.run.video
    newer = PipelineRun.objects.filter(
        video=OuterRef("run__video"),
        purpose=OuterRef("run__purpose"),
        created_at__gt=OuterRef("run__created_at"),
    )
    return (
        StageRun.objects.finished()
        .filter(~Exists(newer), fingerprint=stage.fingerprint)
        .filter(run__video__workspace=video.workspace_id)
        .exclude(run__video=video)
    )


def _inputs(stage: StageRun) -> Mapping[str, bool]:
    """Tell of every stage that this one builds on, near and far, whether it gave a result."""
    rows = {row.name: row for row in StageRun.objects.filter(run=stage.run_id)}
    found: dict[str, bool] = {}
    open_names = [stage.name]
    while open_names:
        row = rows[open_names.pop()]
        upstream = [name for name in (*row.needs, *row.wants) if name not in found]
        found |= {name: rows[name].status == StageRun.Status.SUCCEEDED for name in upstream}
        open_names += upstream
    return found


@transaction.atomic
def _copied(twin: StageRun, twins: StageRunQuerySet, workdir: Path) -> Succeeded | Skipped | None:
    """Take the twin's result while its video's row is held: nobody removes its files meanwhile."""
    Video.objects.select_for_update(no_key=True).filter(id=twin.run.video_id).first()
    if not twins.filter(id=twin.id).exists():
        return None
    if twin.status == StageRun.Status.SKIPPED and twin.reason:
        code, message = twin.reason["code"], twin.reason["message"]
        return Skipped(Reason(code=code, message=message), reused=True)
    store.link(store.absolute(twin.artefact), workdir)
    return Succeeded(
        model=twin.model,
        artefact=store.relative(workdir),
        result=results.load(registry.stage_type(twin.name).produces, workdir),
        reused=True,
    )
