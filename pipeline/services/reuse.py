"""Taking over what another video with the same bytes has finished, instead of computing it.

A worker asks for it once it holds the lease, so that the upload is answered at once and a stage
that is taken over settles like any other. It finds a twin, copies its files, and then looks
whether the twin still stands: files go only after the commit by which their twin ceases to be
one, so those of a twin that stands were all there.
"""

from collections.abc import Mapping
from pathlib import Path

from django.db.models import Exists, OuterRef

from pipeline import registry, results, store
from pipeline.models import PipelineRun, StageRun
from pipeline.querysets import StageRunQuerySet
from pipeline.services.leases import Lease, Skipped, Succeeded
from videos.lifecycle import Reason

# Of many equal videos a few tell whether there is a result: each costs a look at its run.
_MOST_TWINS = 3


def find_twin(lease: Lease) -> StageRun | None:
    """Return a finished stage whose outcome, and artefact if it has one, this stage can take over.

    A twin is a stage of another video in the workspace with an equal fingerprint, whose inputs
    ended alike: one that did without a failed input may have found less.
    """
    stage = StageRun.objects.select_related("run__video").filter(id=lease.stage_id).first()
    if stage is None or stage.fresh:
        return None
    newest = list(_twins(stage).select_related("run").order_by("-run__created_at")[:_MOST_TWINS])
    if not newest:
        return None
    inputs = _inputs(stage)
    return next((twin for twin in newest if _inputs(twin) == inputs), None)


def take_over(twin: StageRun, workdir: Path) -> Succeeded | Skipped | None:
    """Return the twin's outcome, its files being in `workdir` now; None: it stands no more.

    Raises `OSError` where they are not, `msgspec.ValidationError` for a result of an older shape.
    """
    if not _standing().filter(id=twin.id).exists():
        return None
    if twin.status == StageRun.Status.SKIPPED and twin.reason:
        code, message = twin.reason["code"], twin.reason["message"]
        return Skipped(Reason(code=code, message=message), reused=True)
    return Succeeded(
        model=twin.model,
        artefact=store.relative(workdir),
        result=results.parse(
            registry.stage_type(twin.name).produces, store.read(workdir / results.RESULT_FILE)
        ),
        reused=True,
    )


def _twins(stage: StageRun) -> StageRunQuerySet:
    """Return the standing equals of `stage`."""
    video = stage.run.video
    return (
        _standing()
        .filter(fingerprint=stage.fingerprint, run__video__workspace=video.workspace_id)
        .exclude(run__video=video)
    )


def _standing() -> StageRunQuerySet:
    """Return what is finished, in the newest run of its video: files of older runs may be going."""
    newer = PipelineRun.objects.filter(
        video=OuterRef("run__video"),
        purpose=OuterRef("run__purpose"),
        created_at__gt=OuterRef("run__created_at"),
    )
    return StageRun.objects.finished().filter(~Exists(newer))


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
