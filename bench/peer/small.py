"""The peer that does less than we do: a row for the video and a row for its one task."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import BackgroundTasks, Depends, FastAPI, Form, UploadFile
from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from bench.peer.base import Base, User, add_token, engine, store, user

app = FastAPI()


class Video(Base):
    __tablename__ = "peer_small_video"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    title: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    checksum_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10), default="UPLOADED")
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class Task(Base):
    __tablename__ = "peer_small_task"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("peer_small_video.id"))
    status: Mapped[str] = mapped_column(String(10), default="QUEUED")


def prepare() -> None:
    """Make the tables and the one token."""
    tables = Base.metadata.tables
    made = ("peer_token", "peer_small_video", "peer_small_task")
    Base.metadata.create_all(engine, tables=[tables[name] for name in made])
    add_token()


@app.post("/videos", status_code=202)
def create(
    user: Annotated[User, Depends(user)],
    file: UploadFile,
    background: BackgroundTasks,
    title: Annotated[str, Form()] = "",
) -> dict[str, Any]:
    """Take a video in."""
    video_id = uuid4()
    stored = store(file, video_id)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        video = Video(
            id=video_id,
            uploaded_by_id=user.id,
            title=title or Path(stored.filename).stem,
            filename=stored.filename,
            size_bytes=stored.size_bytes,
            checksum_sha256=stored.checksum_sha256,
        )
        session.add(video)
        session.flush()
        session.add(Task(video_id=video.id))
    background.add_task(_analyse, video.id)
    columns = Video.__table__.columns.keys()
    return {name: getattr(video, name) for name in columns}


def _analyse(video_id: UUID) -> None:
    """Do nothing: what is measured is accepting."""
