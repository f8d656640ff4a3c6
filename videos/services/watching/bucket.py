"""A watched bucket, or the part of one whose names begin alike: its objects are always whole.

It need not be the bucket in which the server keeps its own files, but is reached in the same way.
"""

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, NoReturn

from botocore.exceptions import ClientError
from s3transfer.manager import TransferManager

from pipeline.store import StorageUnavailable
from pipeline.store.connection import NoKey, client, telling, transfer_config

from .places import NotYet, PlaceUnusable

SCHEME = "s3://"
_BLOCK_BYTES = 1 << 20
# How buckets say that an object is another by now: in full, and where the answer has no body.
_CHANGED = ("PreconditionFailed", "412")


@dataclass(frozen=True)
class Bucket:
    """A place where what lies deeper than its own level is left alone, as in a folder."""

    address: str
    done: str
    failed: str

    def prepare(self) -> None:
        for place in (self.address, self.done, self.failed):
            if not place.startswith(SCHEME) or not _split(place)[0]:
                raise PlaceUnusable(f"{place} names no bucket: write s3://BUCKET/PREFIX/.")
        try:
            next(self.entries(), None)
        except NoKey as error:
            raise PlaceUnusable(str(error)) from error
        except StorageUnavailable:
            pass  # looks say so, and wait for it

    def entries(self) -> Iterator["_Object | _Deeper"]:
        bucket, prefix = _split(self.address)
        query = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
        pages = client().get_paginator("list_objects_v2").paginate(**query)
        with telling():
            for page in pages:
                for found in page.get("CommonPrefixes", ()):
                    if f"{SCHEME}{bucket}/{found['Prefix']}" not in (self.done, self.failed):
                        yield _Deeper(found["Prefix"].removeprefix(prefix).removesuffix("/"))
                for found in page.get("Contents", ()):
                    if found["Key"] != prefix:  # how consoles make a folder
                        yield _Object(
                            {"Bucket": bucket, "Key": found["Key"]},
                            name=_text(found["Key"].removeprefix(prefix)),
                            etag=found["ETag"],
                            size_bytes=found["Size"],
                            identity=_identity(found["ETag"], found["Size"], found["LastModified"]),
                        )

    @contextmanager
    def free(self, folder: str, name: str) -> Iterator[str]:
        """Nothing is reserved: where a name is there once, one file at a time is moved under it."""
        path = PurePosixPath(name)
        numbered = (f"{path.stem} ({number}){path.suffix}" for number in itertools.count(2))
        targets = (f"{folder}{name}" for name in itertools.chain([name], numbered))
        yield next(target for target in targets if _head(_object(target)) is None)

    def move(self, source: str, target: str) -> None:
        head = _head(_object(source))
        if head is None:
            raise FileNotFoundError(2, "The bucket does not have it", source)
        _move(_object(source), head["ETag"], target)

    def explain(self, target: str, text: str) -> None:
        with telling():
            client().put_object(
                **_object(f"{target}.txt"), Body=text.encode(), ContentType="text/plain"
            )


@dataclass(frozen=True)
class _Deeper:
    name: str

    def opened(self) -> NoReturn:
        raise NotYet("is a folder: put its files here, or watch it too.")


@dataclass(frozen=True)
class _Object:
    """What a listing showed; another by now is refused by the bucket, which compares the ETag."""

    where: dict[str, str]
    name: str
    etag: str
    size_bytes: int
    identity: str

    @contextmanager
    def opened(self) -> Iterator["_Object"]:
        if not self.size_bytes:
            raise NotYet("is empty: it is taken once there is something in it.")
        yield self

    def blocks(self) -> Iterator[bytes]:
        """A line that breaks is taken up where it broke, as long as it carries anything at all."""
        end = 0
        while end < self.size_bytes:
            begin = end
            try:
                for block in self._rest(begin):
                    end += len(block)
                    yield block
            except StorageUnavailable:
                if end == begin:
                    raise
            else:
                if end != self.size_bytes:
                    raise StorageUnavailable("The bucket sends another length than it lists.")

    def _rest(self, begin: int) -> Iterator[bytes]:
        with _unchanged():
            answer = client().get_object(
                **self.where, IfMatch=self.etag, Range=f"bytes={begin}-{self.size_bytes - 1}"
            )
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(_BLOCK_BYTES)

    def is_there(self) -> bool:
        head = _head(self.where)
        return head is not None and self.identity == _identity(
            head["ETag"], head["ContentLength"], head["LastModified"]
        )

    def move(self, target: str) -> None:
        _move(self.where, self.etag, target)


def _move(where: dict[str, str], etag: str, target: str) -> None:
    """Have the bucket copy it, then delete it.

    Buckets that don't compare the ETag of what they delete are why we look once more.
    """
    there = _object(target)
    with _unchanged():
        with TransferManager(client(), transfer_config) as manager:
            manager.copy(where, there["Bucket"], there["Key"], {"CopySourceIfMatch": etag}).result()
        client().head_object(**where, IfMatch=etag)
        client().delete_object(**where, IfMatch=etag)


def _head(where: dict[str, str]) -> dict[str, Any] | None:
    with suppress(FileNotFoundError), telling():
        head: dict[str, Any] = client().head_object(**where)
        return head
    return None


@contextmanager
def _unchanged() -> Iterator[None]:
    """Raise `NotYet` where the bucket refuses because the object is another by now."""
    with telling():
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED:
                raise NotYet from None
            raise


def _identity(etag: str, size_bytes: int, changed_at: datetime) -> str:
    """A listing tells the time more exactly than an answer about one object."""
    return f"{etag} {size_bytes} {int(changed_at.timestamp())}"


def _text(name: str) -> str:
    """Return a name as rows can hold it."""
    return name.replace("\0", "\\x00")


def _object(address: str) -> dict[str, str]:
    bucket, key = _split(address)
    return {"Bucket": bucket, "Key": key}


def _split(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return bucket, key
