"""Files kept in an S3 bucket, under the names that rows give them; `spool` has this machine's copies.

Objects are put before the row that names them is committed, and under a name that contains the
attempt's token, so an attempt that lost its lease leaves nothing that counts.
"""

import errno
import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from s3transfer.futures import TransferFuture
from s3transfer.manager import TransferManager
from s3transfer.subscribers import BaseSubscriber

from . import folder, places, spool
from .connection import client, storage, telling, transfer_config

_POLL_S = 0.02
_MOST_DELETED_AT_ONCE = 1000


def adopt_source(video_id: UUID, path: Path, sha256: str) -> None:
    source = places.source_path(video_id)
    with spool.hold(video_id):
        if path.exists() or not source.exists():
            _transfer([_upload_source(video_id, path, sha256)], Event())
            folder.adopt_source(video_id, path, sha256)


def release_source(video_id: UUID, path: Path) -> None:
    source = places.source_path(video_id)
    with spool.hold(video_id), suppress(FileNotFoundError):  # never adopted
        if not path.exists():
            bring([source], Event())  # a full spool may have let the only copy here go
            source.replace(path)
    remove(video_id)


def link_source(video_id: UUID, path: Path, sha256: str) -> None:
    """The bucket has it there since `keep`: settling moves no gigabytes while it locks rows."""
    key = _key(places.source_path(video_id))
    if _checksum(key) != sha256:
        raise _other_bytes(key)  # of an attempt that has lost its lease, and went on
    with suppress(FileNotFoundError):  # not at hand
        folder.link_source(video_id, path, sha256)


def hold(video_id: UUID) -> AbstractContextManager[object]:
    return spool.hold(video_id)


def bring(paths: Collection[Path], stop: Event) -> None:
    for path in paths:
        if not path.exists():
            with spool.bringing(_video_of(path), stop):
                if not path.exists():  # nobody else brought it meanwhile
                    _bring(path, stop)


def _bring(path: Path, stop: Event) -> None:
    """Have the file or folder at its place, whole or not at all."""
    sizes = dict(_objects(_key(path)))
    if not sizes:
        raise FileNotFoundError(2, "The bucket does not have it", str(path))
    spool.make_room(sum(sizes.values()))
    draft = path.with_name(f".{path.name}.{uuid4()}")
    try:
        copies = {key: Path(f"{draft}{key.removeprefix(_key(path))}") for key in sizes}
        for parent in {copy.parent for copy in copies.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        _transfer([_download(key, copies[key], size) for key, size in sizes.items()], stop)
        if draft.is_file():
            _check(draft, _key(path))
        draft.rename(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):
            draft.unlink()


def keep(directory: Path, stop: Event, source: Path | None, sha256: str) -> None:
    files = [path for path in directory.rglob("*") if path.is_file() and path != source]
    uploads = [_upload(path, _key(path), {}) for path in files]
    if source:
        uploads.append(_upload_source(_video_of(directory), source, sha256))
    _transfer(uploads, stop)


def link(source: Path, target: Path, stop: Event) -> None:
    """The bucket copies; nothing of it passes through this machine."""
    sizes = dict(_objects(f"{_key(source)}/"))
    if not sizes:
        raise FileNotFoundError(2, "The bucket does not have it", str(source))
    moved = {key: f"{_key(target)}{key.removeprefix(_key(source))}" for key in sizes}
    _transfer([_copy(key, moved[key], size) for key, size in sizes.items()], stop)


def exists(directory: Path) -> bool:
    return any(True for _ in _objects(f"{_key(directory)}/"))


def read(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    with telling():
        answer = client().get_object(Bucket=settings.S3_BUCKET, Key=_key(path))
        data: bytes = answer["Body"].read()
    return data


def size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    with telling():
        head = client().head_object(Bucket=settings.S3_BUCKET, Key=_key(path))
    return int(head["ContentLength"])


def url(path: Path, method: str, content_type: str, disposition: str, expires_s: int) -> str | None:
    signed: str = storage(
        settings.S3_PUBLIC_ENDPOINT_URL
    ).bucket.meta.client.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.S3_BUCKET,
            "Key": _key(path),
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": f"private, max-age={expires_s}",
        },
        ExpiresIn=expires_s,
        HttpMethod=method,
    )
    return signed


def attempts(video_id: UUID) -> Collection[Path]:
    folder_of_all = places.artefacts_dir(video_id)
    return [folder_of_all / name for name in _names(folder_of_all)]


def discard(directory: Path) -> None:
    folder.discard(directory)
    _delete(key for key, _ in _objects(f"{_key(directory)}/"))


def remove(video_id: UUID) -> None:
    folder.remove(video_id)
    spool.evict(video_id)
    _delete(key for key, _ in _objects(f"{_key(places.video_dir(video_id))}/"))


def videos() -> Iterator[UUID]:
    return folder.ids(_names(places.videos_dir()))


def age_s(video_id: UUID) -> float:
    """By the bucket's own clock."""
    ages = [
        parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
        - found["LastModified"]
        for page in _pages(Prefix=f"{_key(places.video_dir(video_id))}/")
        for found in page.get("Contents", ())
    ]
    return min(ages).total_seconds() if ages else 0.0


def set_aside(video_id: UUID) -> str:
    aside = places.aside_dir(video_id, exists)
    link(places.video_dir(video_id), aside, Event())
    remove(video_id)
    return f"{_key(aside)}/ in the bucket"


def copied_videos() -> Collection[UUID]:
    return spool.videos()


def forget_copies(video_id: UUID) -> None:
    spool.evict(video_id)


def check() -> None:
    folder.check()
    with telling():
        client().list_objects_v2(Bucket=settings.S3_BUCKET, MaxKeys=1)


def _key(path: Path) -> str:
    return "/".join(filter(None, [settings.S3_PREFIX, places.relative(path)]))


def _objects(prefix: str) -> Iterator[tuple[str, int]]:
    """Yield key and size in bytes of all objects whose key starts so."""
    for page in _pages(Prefix=prefix):
        yield from ((found["Key"], found["Size"]) for found in page.get("Contents", ()))


def _names(directory: Path) -> Iterator[str]:
    """Yield what a listing of a folder shows as folders."""
    for page in _pages(Prefix=f"{_key(directory)}/", Delimiter="/"):
        for found in page.get("CommonPrefixes", ()):
            yield found["Prefix"].rstrip("/").rpartition("/")[2]


def _pages(**query: str) -> Iterator[dict[str, Any]]:
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET, **query)
    with telling():
        yield from pages


def _delete(keys: Iterable[str]) -> None:
    gone = [{"Key": key} for key in keys]
    for start in range(0, len(gone), _MOST_DELETED_AT_ONCE):
        some = {"Objects": gone[start : start + _MOST_DELETED_AT_ONCE], "Quiet": True}
        with telling() as fail:
            answer = client().delete_objects(Bucket=settings.S3_BUCKET, Delete=some)
            if failures := answer.get("Errors"):
                fail(failures[0]["Code"])


def _check(path: Path, key: str) -> None:
    """Compare the file with the checksum that came with its object, where one did."""
    if wanted := _checksum(key):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != wanted:
            raise _other_bytes(key)


def _checksum(key: str) -> str:
    """Return the checksum that came with an object; empty: none."""
    with telling():
        head = client().head_object(Bucket=settings.S3_BUCKET, Key=key)
    return str(head["Metadata"].get("sha256", ""))


def _other_bytes(key: str) -> OSError:
    return OSError(errno.EIO, "The bucket has other bytes than were put there", key)


def _video_of(path: Path) -> UUID:
    """Return the video that a place is of."""
    return UUID(path.relative_to(places.videos_dir()).parts[0])


_Transfer = Callable[[TransferManager], TransferFuture]


def _transfer(transfers: Iterable[_Transfer], stop: Event) -> None:
    """Carry out all of them, or raise; `InterruptedError` soon after `stop` is set."""
    with telling(), TransferManager(client(), transfer_config) as manager:
        for future in [transfer(manager) for transfer in transfers]:
            while not future.done():
                if stop.wait(_POLL_S):
                    raise InterruptedError("It is not wanted any more.")  # the manager stops all
            future.result()


class _Size(BaseSubscriber):
    """Tells the manager what it would else ask the bucket for each object."""

    def __init__(self, size: int) -> None:
        self._size = size

    def on_queued(self, future: TransferFuture, **_: Any) -> None:
        future.meta.provide_transfer_size(self._size)


def _upload(path: Path, key: str, arguments: dict[str, Any]) -> _Transfer:
    return lambda manager: manager.upload(str(path), settings.S3_BUCKET, key, arguments)


def _upload_source(video_id: UUID, path: Path, sha256: str) -> _Transfer:
    arguments = {"Metadata": {"sha256": sha256}} if sha256 else {}
    return _upload(path, _key(places.source_path(video_id)), arguments)


def _download(key: str, path: Path, size: int) -> _Transfer:
    return lambda manager: manager.download(
        settings.S3_BUCKET, key, str(path), subscribers=[_Size(size)]
    )


def _copy(source: str, target: str, size: int) -> _Transfer:
    origin = {"Bucket": settings.S3_BUCKET, "Key": source}
    return lambda manager: manager.copy(
        origin, settings.S3_BUCKET, target, subscribers=[_Size(size)]
    )
