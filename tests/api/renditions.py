"""Asking for copies, and having them made."""

from typing import Any
from uuid import uuid4

from rest_framework.test import APIClient

from pipeline import store
from pipeline.models import PipelineRun
from tests import factories
from tests.api.reading import url
from videos.models import Cue, Rendition, Video


def ask(api: APIClient, video: Video, how: dict[str, str] | None = None, **body: Any) -> Any:
    """Ask for a redacted copy; `how`: headers."""
    return api.post(
        url(video, "renditions"), {"kind": "redacted"} | body, format="json", headers=how or {}
    )


def cues(video: Video) -> list[str]:
    return [str(cue.id) for cue in Cue.objects.filter(video=video).order_by("start_ms")]


def finish(rendition_id: str, content: bytes = b"copy") -> Rendition:
    """Have the rendition's stages end well, and its file be there."""
    rendition = Rendition.objects.get(id=rendition_id)
    run = rendition.runs.get(status="ACTIVE")
    run.stages.all().delete()
    folder = store.artefact_dir(rendition.video_id, "redact", uuid4())
    folder.mkdir(parents=True)
    (folder / "redacted.mp4").write_bytes(content)
    stage = factories.make_stage_run(
        run, "redact", status="SUCCEEDED", artefact=store.relative(folder)
    )
    rendition.stage_run, rendition.content_type = stage, "video/mp4"
    rendition.path, rendition.size_bytes = f"{stage.artefact}/redacted.mp4", len(content)
    rendition.save()
    end(run, "SUCCEEDED")
    return rendition


def end(run: PipelineRun, status: str) -> None:
    PipelineRun.objects.filter(id=run.id).update(status=status, finished_at=run.created_at)
