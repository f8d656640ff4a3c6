"""The peer that does the same work as ours, by the ORM and models of its own.

It checks the token and the form, keeps the disk's floor, stores, hashes, makes durable, and writes
the video, its run and a row for each stage, in tables with the columns, indexes and constraints of
ours; it answers the same JSON. What is to be run comes from the same plan, which is pure Python.

It does less where a BackgroundTask has no need of it: no message in a queue, and nobody's turn.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import BackgroundTasks, Depends, FastAPI, Form, Request, Response, UploadFile
from pydantic import Json
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench.peer import tables
from bench.peer.answers import Reason, StageOut, VideoOut, links
from bench.peer.base import User, add_token, engine, store, user
from bench.peer.tables import Run, ServedQueue, Stage, Video, Workspace
from pipeline import registry
from pipeline.planner import Step, plan

app = FastAPI()
_SERVED = timedelta(seconds=10)
_MAX_ATTEMPTS = 3


def prepare() -> None:
    """Make the tables, like ours, and the one token."""
    tables.make()
    add_token()


@app.post("/videos", status_code=202, response_model=VideoOut)
def create(
    user: Annotated[User, Depends(user)],
    file: UploadFile,
    background: BackgroundTasks,
    request: Request,
    response: Response,
    metadata: Annotated[Json[dict[str, Any]], Form(default_factory=dict)],
    vocabulary: Annotated[Json[list[str]], Form(default_factory=list)],
    title: Annotated[str, Form(max_length=300)] = "",
    language: Annotated[str, Form(pattern="^([a-z]{2,3})?$")] = "",
    profile: Annotated[Literal["fast", "standard", "full"], Form()] = "standard",
    priority: Annotated[int, Form(ge=0, le=9)] = 5,
    audio_track: Annotated[int | None, Form(ge=0)] = None,
) -> VideoOut:
    """Take a video in."""
    video_id = uuid4()
    stored = store(file, video_id)
    with Session(engine, expire_on_commit=False) as session:
        workspace = session.scalars(select(Workspace).where(Workspace.slug == "default")).one()
        now = datetime.now(UTC)
        video = Video(
            id=video_id,
            workspace_id=workspace.id,
            uploaded_by_id=user.id,
            title=title or Path(stored.filename).stem,
            filename=stored.filename,
            size_bytes=stored.size_bytes,
            checksum_sha256=stored.checksum_sha256,
            language=language,
            profile=profile,
            priority=priority,
            vocabulary=vocabulary,
            audio_track=audio_track,
            metadata_=metadata,
            created_at=now,
            updated_at=now,
        )
        run = Run(video=video, requested_by_id=user.id, priority=priority, created_at=now)
        spoken = {"language": language} if language else {}
        asked = {"extract_audio": spoken, "detect_speech": spoken}
        steps = plan(registry.profile(profile, asked), checksum=stored.checksum_sha256)
        session.add(run)
        session.flush()
        stages = [_stage(run, step, place) for place, step in enumerate(steps)]
        session.execute(insert(Stage), stages)
        session.commit()
        since = datetime.now(UTC) - _SERVED
        served = set(session.scalars(select(ServedQueue.name).where(ServedQueue.seen_at > since)))
    background.add_task(_analyse, video_id)
    shown = _shown(request, video, stages, served)
    response.headers["Location"] = shown.url
    return shown


def _stage(run: Run, step: Step, position: int) -> dict[str, Any]:
    is_ready = not (step.needs or step.wants)
    return {
        "run_id": run.id,
        "name": step.stage.name,
        "position": position,
        "version": step.stage.version,
        "parameters": registry.parameters(step.stage),
        "fingerprint": step.fingerprint,
        "needs": list(step.needs),
        "wants": list(step.wants),
        "split_by": step.split_by,
        "queue": registry.queue(step.stage),
        "weight": step.stage.weight,
        "priority": run.priority,
        "max_attempts": _MAX_ATTEMPTS,
        "status": "QUEUED" if is_ready else "WAITING",
        "queued_at": run.created_at if is_ready else None,
    }


def _shown(
    request: Request, video: Video, stages: list[dict[str, Any]], served: set[str]
) -> VideoOut:
    url = f"{request.base_url}videos/{video.id}"
    return VideoOut(
        id=video.id,
        url=url,
        title=video.title,
        filename=video.filename,
        source_url=video.source_url or None,
        size_bytes=video.size_bytes,
        checksum_sha256=video.checksum_sha256,
        status=video.status,
        progress=0.0,
        language=video.language or None,
        priority=video.priority,
        profile=video.profile,
        vocabulary=video.vocabulary,
        audio_track=video.audio_track,
        metadata=video.metadata_,
        stages=[
            StageOut(
                name=stage["name"],
                status=stage["status"],
                max_attempts=stage["max_attempts"],
                waiting_for=_waiting_for(stage, served),
                queued_at=stage["queued_at"],
            )
            for stage in stages
        ],
        created_at=video.created_at,
        updated_at=video.updated_at,
        links=links(url),
    )


def _waiting_for(stage: dict[str, Any], served: set[str]) -> Reason:
    if stage["status"] == "WAITING":
        names = " and ".join([*stage["needs"], *stage["wants"]])
        return Reason(code="upstream", message=f"Waiting for {names}.")
    if stage["queue"] in served:
        return Reason(code="queue", message="Next, once a worker is free.")
    return Reason(code="no_worker", message=f"No worker serves the queue {stage['queue']}.")


def _analyse(video_id: UUID) -> None:
    """Do nothing: what is measured is accepting."""
