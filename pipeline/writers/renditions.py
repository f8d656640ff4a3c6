"""Files for people: a row that names a file in the stage's artefact folder."""

from pipeline import store
from pipeline.models import StageRun
from pipeline.results import Proxy, Redacted
from videos.models import Rendition


def write_rendition(
    stage_run: StageRun, kind: Rendition.Kind, file: str, content_type: str
) -> None:
    """Make `file`, which the analysis made, the video's rendition of this kind."""
    Rendition.objects.update_or_create(
        video_id=stage_run.run.video_id, kind=kind, defaults=_made(stage_run, file, content_type)
    )


def write_requested(stage_run: StageRun, result: Proxy | Redacted) -> None:
    """Make the file the rendition that the run was opened for."""
    Rendition.objects.filter(runs=stage_run.run).update(
        **_made(stage_run, result.file, result.content_type)
    )


def _made(stage_run: StageRun, file: str, content_type: str) -> dict[str, object]:
    path = f"{stage_run.artefact}/{file}"
    return {
        "stage_run": stage_run,
        "path": path,
        "content_type": content_type,
        "size_bytes": store.size(store.absolute(path)),
    }
