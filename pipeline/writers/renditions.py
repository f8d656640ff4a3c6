"""Files for people: a row that names a file in the stage's artefact folder."""

from pipeline import store
from pipeline.models import StageRun
from videos.models import Rendition


def write_rendition(
    stage_run: StageRun, kind: Rendition.Kind, file: str, content_type: str
) -> None:
    """Make `file` the video's rendition of this kind."""
    path = f"{stage_run.artefact}/{file}"
    Rendition.objects.update_or_create(
        video_id=stage_run.run.video_id,
        kind=kind,
        defaults={
            "stage_run": stage_run,
            "path": path,
            "content_type": content_type,
            "size_bytes": store.size(store.absolute(path)),
        },
    )
