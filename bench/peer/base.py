"""What both peers share: the database, who asks by the hash of the token, the file made durable.

`PEER_DSN` names the database, `PEER_FOLDER` where files go.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import psycopg
from fastapi import Header, HTTPException, UploadFile
from sqlalchemy import ForeignKey, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

TOKEN = "peer"  # noqa: S105  of a server that lives as long as the benchmark
_CHUNK_BYTES = 256 * 1024
_MIN_FREE_BYTES = 1_000_000_000

engine = create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(os.environ["PEER_DSN"]),
    pool_size=20,
    max_overflow=0,
)
_folder = Path(os.environ.get("PEER_FOLDER", "."))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "auth_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    is_active: Mapped[bool]


class Token(Base):
    __tablename__ = "peer_token"

    digest: Mapped[str] = mapped_column(String(128), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))


@dataclass(frozen=True)
class Stored:
    """A file on disk."""

    filename: str
    size_bytes: int
    checksum_sha256: str


def add_token() -> None:
    """Let the benchmark in."""
    with Session(engine) as session, session.begin():
        owner = session.scalars(select(User).limit(1)).one()
        session.merge(Token(digest=_digest(TOKEN), user_id=owner.id))


def user(authorization: Annotated[str, Header()]) -> User:
    """Return who asks."""
    digest = _digest(authorization.removeprefix("Bearer "))
    with Session(engine) as session:
        found = session.scalar(select(User).join(Token).where(Token.digest == digest))
    if found is None or not found.is_active:
        raise HTTPException(401)
    return found


def store(file: UploadFile, video_id: UUID) -> Stored:
    """Write a form's file to the video's folder in chunks, hashed on the way, and make it durable."""
    sha256 = hashlib.sha256()
    size_bytes = 0
    folder = _folder / str(video_id)
    folder.mkdir()
    with (folder / "source").open("xb", buffering=0) as stored:
        while chunk := file.file.read(_CHUNK_BYTES):
            if shutil.disk_usage(folder).free - len(chunk) < _MIN_FREE_BYTES:
                raise HTTPException(507)
            stored.write(chunk)
            sha256.update(chunk)
            size_bytes += len(chunk)
        os.fsync(stored.fileno())
    return Stored(file.filename or "", size_bytes, sha256.hexdigest())


def _digest(token: str) -> str:
    return hashlib.sha512(token.encode()).hexdigest()
