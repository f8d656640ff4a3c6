"""The original that was fetched."""

from pathlib import Path

from django.db.models.functions import Now

from pipeline import store
from pipeline.models import StageRun
from pipeline.results import Fetched
from videos.models import Video
from videos.names import display_name


def write_fetched(stage_run: StageRun, result: Fetched) -> None:
    """Make the file the video's original.

    The file is linked, not moved: should the transaction fail, the stage is settled again, or
    attempted again, and an original that no checksum stands for is overwritten.
    """
    video = Video.objects.select_for_update(no_key=True).get(id=stage_run.run.video_id)
    file = store.absolute(stage_run.artefact) / result.file
    store.link_source(video.id, file, sha256=result.checksum_sha256)
    filename = display_name(result.filename) if result.filename else video.filename
    # Its title was the file's name, unless somebody gave it one.
    untitled = video.title == Path(video.filename).stem
    Video.objects.filter(id=video.id).update(
        filename=filename,
        title=Path(filename).stem if untitled else video.title,
        size_bytes=result.size_bytes,
        checksum_sha256=result.checksum_sha256,
        updated_at=Now(),
    )
