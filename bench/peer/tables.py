"""The whole peer's tables, mapped by hand: columns, indexes and constraints are those of ours."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bench.peer.base import Base, engine

_LIKE = {
    "peer_video": "videos_video",
    "peer_run": "pipeline_pipelinerun",
    "peer_stage": "pipeline_stagerun",
}
_REFERENCES = (
    ("peer_video", "workspace_id", "videos_workspace"),
    ("peer_video", "uploaded_by_id", "auth_user"),
    ("peer_run", "video_id", "peer_video"),
    ("peer_run", "requested_by_id", "auth_user"),
    ("peer_stage", "run_id", "peer_run"),
)
_Moment = TIMESTAMP(timezone=True)


def make() -> None:
    """Make the tables like ours, references included."""
    Base.metadata.tables["peer_token"].create(engine, checkfirst=True)
    with engine.begin() as connection:
        for name, ours in _LIKE.items():
            connection.execute(
                text(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {ours} INCLUDING ALL)")
            )
        for name, column, target in _REFERENCES:
            reference = f"FOREIGN KEY ({column}) REFERENCES {target} DEFERRABLE INITIALLY DEFERRED"
            connection.execute(text(f"ALTER TABLE {name} ADD {reference}"))


class Workspace(Base):
    __tablename__ = "videos_workspace"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    max_bytes: Mapped[int | None]
    max_videos: Mapped[int | None]
    max_open_analyses: Mapped[int | None]


class ServedQueue(Base):
    __tablename__ = "pipeline_servedqueue"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(_Moment)


class Video(Base):
    __tablename__ = "peer_video"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID]
    uploaded_by_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(255))
    source_url: Mapped[str] = mapped_column(String(2000), default="")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    checksum_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10), default="UPLOADED")
    status_reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    priority: Mapped[int]
    profile: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(8), default="")
    vocabulary: Mapped[list[str]] = mapped_column(ARRAY(Text))
    audio_track: Mapped[int | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    created_at: Mapped[datetime] = mapped_column(_Moment)
    updated_at: Mapped[datetime] = mapped_column(_Moment)
    completed_at: Mapped[datetime | None] = mapped_column(_Moment)


class Run(Base):
    __tablename__ = "peer_run"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    video_id: Mapped[UUID] = mapped_column(ForeignKey(Video.id))
    rendition_id: Mapped[UUID | None]
    requested_by_id: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(10), default="ACTIVE")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int]
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(_Moment)
    finished_at: Mapped[datetime | None] = mapped_column(_Moment)

    video: Mapped[Video] = relationship()


class Stage(Base):
    __tablename__ = "peer_stage"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(Run.id))
    name: Mapped[str] = mapped_column(String(50))
    shard: Mapped[int] = mapped_column(default=0)
    shards: Mapped[int] = mapped_column(default=0)
    media_ms: Mapped[int | None]
    split_by: Mapped[str] = mapped_column(String(50))
    shard_lengths_ms: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    position: Mapped[int]
    version: Mapped[int]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(String(64))
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    wants: Mapped[list[str]] = mapped_column(ARRAY(Text))
    queue: Mapped[str] = mapped_column(String(5))
    weight: Mapped[float]
    status: Mapped[str] = mapped_column(String(10))
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    progress: Mapped[float] = mapped_column(default=0.0)
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    losses: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int]
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    run_after: Mapped[datetime | None] = mapped_column(_Moment)
    queued_at: Mapped[datetime | None] = mapped_column(_Moment)
    started_at: Mapped[datetime | None] = mapped_column(_Moment)
    finished_at: Mapped[datetime | None] = mapped_column(_Moment)
    lease_token: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None] = mapped_column(_Moment)
    worker: Mapped[str] = mapped_column(String(100), default="")
    artefact: Mapped[str] = mapped_column(String(300), default="")
    model: Mapped[str] = mapped_column(String(100), default="")
    coverage: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reused: Mapped[bool] = mapped_column(default=False)
    fresh: Mapped[bool] = mapped_column(default=False)
