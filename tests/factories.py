"""Rows for tests, valid as they come; name only what the test is about."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from pipeline.models import PipelineRun, StageRun
from videos.models import (
    Chapter,
    Cue,
    Duplicate,
    EntityMention,
    Keyword,
    Media,
    NuditySpan,
    Passage,
    Rendition,
    ScreenText,
    Shot,
    SoundEvent,
    Speaker,
    SpeakerTurn,
    SummarySentence,
    Track,
    Upload,
    Video,
    Workspace,
)


def make_workspace(**values: Any) -> Workspace:
    return Workspace.objects.create(**{"name": "Other", "slug": f"other-{uuid4().hex}"} | values)


def default_workspace() -> Workspace:
    """Return the workspace that a migration makes; tests that flush tables lose it."""
    return Workspace.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]


def make_video(**values: Any) -> Video:
    defaults: dict[str, Any] = {
        "title": "Harbour at dawn",
        "filename": "harbour.mp4",
        "size_bytes": 1000,
        # Of its own: equal bytes would share their results.
        "checksum_sha256": hashlib.sha256(uuid4().bytes).hexdigest(),
        "status": Video.Status.UPLOADED,
    }
    if "workspace" not in values:
        values["workspace"] = default_workspace()
    if values.get("status") == Video.Status.FAILED:
        values.setdefault("status_reason", {"code": "not_a_video", "message": "It is no video."})
    return Video.objects.create(**defaults | values)


def make_upload(**values: Any) -> Upload:
    defaults: dict[str, Any] = {
        "filename": "harbour.mp4",
        "video_fields": {"on_duplicate": "create"},
        "expires_at": timezone.now() + timedelta(hours=1),
    }
    if "workspace" not in values:
        values["workspace"] = default_workspace()
    return Upload.objects.create(**defaults | values)


def make_media(video: Video, **values: Any) -> Media:
    stream = {
        "codec": "h264",
        "width": 640,
        "height": 360,
        "rotation": 0,
        "frame_rate": "25/1",
        "variable_frame_rate": False,
        "frames": 250,
        "pixel_format": "yuv420p",
    }
    sound = {"index": 1, "codec": "aac", "channels": 2, "sample_rate_hz": 48000, "language": None}
    defaults = {
        "duration_ms": 10_000,
        "container": "mov",
        "bit_rate": 800_000,
        "start_ms": 0,
        "video_stream": stream,
        "audio_streams": [sound],
    }
    return Media.objects.create(video=video, **defaults | values)


def make_run(video: Video, **values: Any) -> PipelineRun:
    if values.get("status", "ACTIVE") != "ACTIVE":
        values.setdefault("finished_at", timezone.now())
    return PipelineRun.objects.create(video=video, **values)


def make_stage_run(run: PipelineRun, name: str = "probe", **values: Any) -> StageRun:
    """Make a stage row in any status; triggers guard changes, not how a row begins."""
    defaults: dict[str, Any] = {
        "position": run.stages.count(),
        "version": 1,
        "fingerprint": hashlib.sha256(name.encode()).hexdigest(),
        "status": StageRun.Status.WAITING,
    }
    if values.get("status") == StageRun.Status.RUNNING:
        defaults |= {"lease_token": uuid4(), "lease_expires_at": timezone.now()}
    if values.get("status") in (StageRun.Status.SKIPPED, StageRun.Status.FAILED):
        defaults |= {"reason": {"code": "no_audio", "message": "There is no sound."}}
    return StageRun.objects.create(run=run, name=name, **defaults | values)


def make_shot(video: Video, stage_run: StageRun, **values: Any) -> Shot:
    defaults = {
        "index": 0,
        "start_ms": 0,
        "end_ms": 5000,
        "keyframe_ms": 2500,
        "keyframe": f"videos/{video.id}/shot.jpg",
        "confidence": None,
    }
    return Shot.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_cue(video: Video, stage_run: StageRun, **values: Any) -> Cue:
    word = {"start_ms": 1000, "end_ms": 1500, "text": "Ships", "probability": 0.9}
    defaults = {
        "start_ms": 1000,
        "end_ms": 3000,
        "text": "Ships leave the harbour.",
        "confidence": 0.9,
        "words": [word],
    }
    return Cue.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_screen_text(video: Video, stage_run: StageRun, **values: Any) -> ScreenText:
    defaults = {
        "start_ms": 0,
        "end_ms": 4000,
        "text": "HARBOUR",
        "confidence": 0.8,
        "box": [0.1, 0.2, 0.3, 0.1],
    }
    return ScreenText.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_track(video: Video, stage_run: StageRun, **values: Any) -> Track:
    defaults = {
        "kind": Track.Kind.OBJECT,
        "label": "boat",
        "start_ms": 1000,
        "end_ms": 4000,
        "confidence": 0.8,
        "boxes": [{"at_ms": 1000, "box": [0.1, 0.2, 0.3, 0.1], "confidence": 0.8}],
    }
    return Track.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_duplicate(video: Video, stage_run: StageRun, other: Video, **values: Any) -> Duplicate:
    defaults = {
        "start_ms": 1000,
        "end_ms": 4000,
        "other_start_ms": 6000,
        "other_end_ms": 9000,
        "confidence": 0.9,
        "mirrored": False,
    }
    return Duplicate.objects.create(
        video=video, stage_run=stage_run, other=other, **defaults | values
    )


def make_sound_event(video: Video, stage_run: StageRun, **values: Any) -> SoundEvent:
    defaults = {"start_ms": 4000, "end_ms": 7500, "label": "siren", "score": 0.9, "confidence": 0.7}
    return SoundEvent.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_turn(
    video: Video, stage_run: StageRun, label: str = "S1", name: str = "", **values: Any
) -> SpeakerTurn:
    speaker, _ = Speaker.objects.get_or_create(video=video, label=label, defaults={"name": name})
    defaults = {"start_ms": 1000, "end_ms": 3000, "confidence": 0.8}
    return SpeakerTurn.objects.create(
        video=video, stage_run=stage_run, speaker=speaker, **defaults | values
    )


def make_nudity_span(video: Video, stage_run: StageRun, **values: Any) -> NuditySpan:
    defaults = {"start_ms": 2000, "end_ms": 3500, "score": 0.9, "confidence": 0.8}
    return NuditySpan.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_chapter(video: Video, stage_run: StageRun, **values: Any) -> Chapter:
    defaults = {
        "start_ms": 0,
        "end_ms": 10_000,
        "title": "Harbour, ships",
        "sentiment": 0.2,
        "confidence": None,
    }
    return Chapter.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_summary_sentence(video: Video, stage_run: StageRun, **values: Any) -> SummarySentence:
    defaults = {
        "start_ms": 1000,
        "end_ms": 3000,
        "text": "A harbour is a place for ships.",
        "confidence": 0.9,
    }
    return SummarySentence.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_keyword(video: Video, stage_run: StageRun, **values: Any) -> Keyword:
    defaults = {"text": "harbour", "score": 1.0}
    return Keyword.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_entity_mention(video: Video, stage_run: StageRun, **values: Any) -> EntityMention:
    defaults = {
        "start_ms": 1000,
        "end_ms": 1500,
        "text": "Hamburg",
        "label": "place",
        "spans": [{"cue": 0, "start": 0, "end": 5}],
    }
    return EntityMention.objects.create(video=video, stage_run=stage_run, **defaults | values)


def make_rendition(video: Video, stage_run: StageRun | None, kind: str, **values: Any) -> Rendition:
    """Make a rendition that `stage_run` made; None: that is not made yet."""
    if stage_run is None:
        return Rendition.objects.create(video=video, kind=kind, **values)
    defaults = {
        "path": f"videos/{video.id}/{kind}",
        "content_type": "image/jpeg",
        "size_bytes": 100,
    }
    return Rendition.objects.create(
        video=video, stage_run=stage_run, kind=kind, **defaults | values
    )


def make_passage(video: Video, text: str, **values: Any) -> Passage:
    """Make a search entry as the writers do: its vector under its configuration."""
    from django.contrib.postgres.search import SearchVector
    from django.db.models import Value

    config = values.pop("config", "english")
    defaults = {
        "workspace": video.workspace,
        "kind": Passage.Kind.CUE,
        "start_ms": 1000,
        "end_ms": 3000,
        "language": "en",
        "search": SearchVector(Value(text), config=config),
    }
    return Passage.objects.create(video=video, text=text, config=config, **defaults | values)


def make_analysed_video(**values: Any) -> Video:
    """Make a video with everything that a page of the admin could show."""
    video = make_video(**{"status": Video.Status.COMPLETED} | values)
    make_media(video)
    run = make_run(video, status="SUCCEEDED")
    now = timezone.now()
    stage = make_stage_run(
        run, status="SUCCEEDED", started_at=now - timedelta(seconds=3), finished_at=now
    )
    make_stage_run(run, "transcribe", status="SKIPPED")
    make_shot(video, stage)
    make_cue(video, stage)
    make_screen_text(video, stage)
    make_track(video, stage)
    make_track(video, stage, kind="face", label="face")
    make_nudity_span(video, stage)
    make_sound_event(video, stage)
    make_chapter(video, stage)
    make_summary_sentence(video, stage)
    make_keyword(video, stage)
    make_turn(video, stage)
    make_entity_mention(video, stage)
    make_rendition(video, stage, Rendition.Kind.POSTER)
    return video
