"""Taking over what another video with the same bytes has finished, instead of computing it.

A worker asks for it once it holds the lease, so that the upload is answered at once and a stage
that is taken over settles like any other. It finds a twin, copies its files, and then looks
whether the twin still stands: files go only after the commit by which their twin ceases to be
one, so those of a twin that stands were all there.
"""

from pathlib import Path
from typing import Any

from pipeline import registry, results, store
from pipeline.contract import result_type
from pipeline.models import StageRun
from pipeline.selectors import finished_twin, stands
from pipeline.services.ends import Skipped, Succeeded
from pipeline.services.leases import Lease
from videos.lifecycle import Reason


def find_twin(lease: Lease) -> StageRun | None:
    """Return the finished twin of the claimed stage, if there is one."""
    stage = StageRun.objects.select_related("run__video").filter(id=lease.stage_id).first()
    return finished_twin(stage) if stage else None


def take_over(twin: StageRun, workdir: Path) -> Succeeded | Skipped | None:
    """Return the twin's outcome, its files being in `workdir` now; None: it stands no more.

    Raises `OSError` where they are not, `msgspec.ValidationError` for a result of an older shape.
    """
    if not stands(twin):
        return None
    if twin.status == StageRun.Status.SKIPPED and twin.reason:
        code, message = twin.reason["code"], twin.reason["message"]
        return Skipped(Reason(code=code, message=message), reused=True)
    kind = result_type(registry.stage_type(twin.name), twin.shard)
    result: Any = results.parse(kind, store.read(workdir / results.RESULT_FILE))
    return Succeeded(model=twin.model, artefact=store.relative(workdir), result=result, reused=True)
