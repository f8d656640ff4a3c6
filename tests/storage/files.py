"""Files of videos in the tests' bucket: put there, brought here, counted."""

import hashlib
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen
from uuid import UUID, uuid4

from django.conf import settings

from pipeline import store
from pipeline.store import spool
from pipeline.store.connection import client

CONTENT = b"0123456789" * 1000


def source(video_id: UUID, content: bytes = CONTENT) -> Path:
    """Take in an upload and return where it lies here."""
    part = store.incoming_dir() / f"{uuid4()}.part"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(content)
    store.adopt_source(video_id, part, sha256=hashlib.sha256(content).hexdigest())
    assert not part.exists()
    return store.source_path(video_id)


def attempt(video_id: UUID, *, kept: bool = True) -> Path:
    """Make an attempt's files, keep them, and return their folder."""
    folder = store.artefact_dir(video_id, "first", uuid4())
    (folder / "deeper").mkdir(parents=True)
    (folder / "result.json").write_text('{"pid": 1}')
    (folder / "deeper" / "a b ü.jpg").write_bytes(b"picture")
    if kept:
        store.keep(folder, Event())
    return folder


def forget(video_id: UUID) -> None:
    """Be another machine."""
    assert spool.evict(video_id)


def brought_here(place: Path) -> None:
    with store.hold(UUID(place.relative_to(store.videos_dir()).parts[0])):
        store.bring([place], Event())


def kept() -> set[str]:
    """Return what the bucket has, without this test's prefix."""
    found = client().list_objects_v2(Bucket=settings.S3_BUCKET, Prefix=settings.S3_PREFIX)
    start = len(settings.S3_PREFIX) + 1
    return {one["Key"][start:] for one in found.get("Contents", ())}


def fetched(url: str | None, **headers: str) -> Any:
    assert url
    return urlopen(url)  # noqa: S310  our own server's
