"""What accepting is held against: the same work in FastAPI, SQLAlchemy and BackgroundTasks.

One route, written as their manuals do: who asks, by the hash of the token; the file to disk in
chunks, hashed on the way and made durable; a row for it and one for its task in one transaction;
the answer. The task itself does nothing. `PEER_DSN` names the database, which `prepare` makes ready.
"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import psycopg
from fastapi import BackgroundTasks, Depends, FastAPI, Form, Header, HTTPException, UploadFile
from sqlalchemy import BigInteger, ForeignKey, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

TOKEN = "peer"  # noqa: S105  of a server that lives as long as the benchmark
_CHUNK_BYTES = 256 * 1024

_engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(os.environ["PEER_DSN"]),
    pool_size=48,
)
_folder = Path(os.environ.get("PEER_FOLDER", "."))
app = FastAPI()


class _Base(DeclarativeBase):
    pass


class _Token(_Base):
    __tablename__ = "peer_token"

    digest: Mapped[str] = mapped_column(String(128), primary_key=True)
    user: Mapped[str] = mapped_column(String(150))


class _Video(_Base):
    __tablename__ = "peer_video"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    uploaded_by: Mapped[str] = mapped_column(String(150))
    title: Mapped[str] = mapped_column(String(300))
    filename: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    checksum_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10), default="UPLOADED")
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class _Task(_Base):
    __tablename__ = "peer_task"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("peer_video.id"))
    status: Mapped[str] = mapped_column(String(10), default="QUEUED")


def prepare() -> None:
    """Make the tables and the one token."""
    _Base.metadata.create_all(_engine)
    with Session(_engine) as session, session.begin():
        session.merge(_Token(digest=_digest(TOKEN), user="ada"))


def _digest(token: str) -> str:
    return hashlib.sha512(token.encode()).hexdigest()


def _user(authorization: Annotated[str, Header()]) -> str:
    digest = _digest(authorization.removeprefix("Bearer "))
    with Session(_engine) as session:
        user = session.scalar(select(_Token.user).where(_Token.digest == digest))
    if user is None:
        raise HTTPException(401)
    return user


@app.post("/videos", status_code=202)
def create(
    user: Annotated[str, Depends(_user)],
    file: UploadFile,
    background: BackgroundTasks,
    title: Annotated[str, Form()] = "",
) -> dict[str, Any]:
    """Take a video in."""
    path = _folder / f"{uuid4()}"
    sha256 = hashlib.sha256()
    size_bytes = 0
    with path.open("xb", buffering=0) as stored:
        while chunk := file.file.read(_CHUNK_BYTES):
            stored.write(chunk)
            sha256.update(chunk)
            size_bytes += len(chunk)
        os.fsync(stored.fileno())
    name = file.filename or ""
    with Session(_engine, expire_on_commit=False) as session, session.begin():
        video = _Video(
            uploaded_by=user,
            title=title or Path(name).stem,
            filename=name,
            size_bytes=size_bytes,
            checksum_sha256=sha256.hexdigest(),
        )
        session.add(video)
        session.flush()
        session.add(_Task(video_id=video.id))
    background.add_task(_analyse, video.id)
    columns = _Video.__table__.columns.keys()
    return {name: getattr(video, name) for name in columns}


def _analyse(video_id: UUID) -> None:
    """Do nothing: what is measured is accepting."""
