"""What callers of the store rely on, with the files in a bucket."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from pipeline import store
from pipeline.store import StorageUnavailable, spool
from pipeline.store import bucket as bucket_module
from pipeline.store.connection import client, transfer_config
from tests.execution.conftest import at_once
from tests.storage.server import Line, Server

pytestmark = pytest.mark.usefixtures("bucket")

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


class TestSource:
    def test_comes_back_on_another_machine(self) -> None:
        video_id = uuid4()
        here = source(video_id)
        forget(video_id)
        assert not here.exists()

        brought_here(here)

        assert here.read_bytes() == CONTENT

    def test_in_parts_comes_back_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transfer_config, "multipart_threshold", 5 << 20)
        monkeypatch.setattr(transfer_config, "multipart_chunksize", 5 << 20)
        video_id, content = uuid4(), os.urandom(12 << 20)
        here = source(video_id, content)
        forget(video_id)

        brought_here(here)

        assert here.read_bytes() == content

    def test_with_other_bytes_than_were_put_is_refused(self) -> None:
        video_id = uuid4()
        here = source(video_id)
        forget(video_id)
        known = {"Metadata": {"sha256": hashlib.sha256(CONTENT).hexdigest()}}
        key = f"{settings.S3_PREFIX}/{store.relative(here)}"
        client().put_object(Bucket=settings.S3_BUCKET, Key=key, Body=b"other", **known)

        with pytest.raises(OSError, match="other bytes"):
            brought_here(here)

        assert not here.exists()

    def test_that_is_released_lies_where_it_was(self) -> None:
        video_id, part = uuid4(), store.root() / "one.part"
        source(video_id)

        store.release_source(video_id, part)

        assert part.read_bytes() == CONTENT
        assert kept() == set()

    def test_can_be_what_an_attempt_has_kept(self) -> None:
        video_id = uuid4()
        folder = attempt(video_id, kept=False)
        picture, sha256 = folder / "deeper" / "a b ü.jpg", hashlib.sha256(b"picture").hexdigest()

        for _ in range(2):
            store.keep(folder, Event(), source=picture, sha256=sha256)
            store.link_source(video_id, picture, sha256=sha256)

        assert store.source_path(video_id).read_bytes() == b"picture"
        result = store.relative(folder / "result.json")
        assert kept() == {f"videos/{video_id}/source", result}

    def test_that_was_never_kept_is_not_found(self) -> None:
        with pytest.raises(FileNotFoundError):
            brought_here(store.source_path(uuid4()))

    def test_is_brought_once_by_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video_id, brought = uuid4(), list[Path]()
        here = source(video_id)
        forget(video_id)
        bring = bucket_module._bring

        def counted(path: Path, stop: Event) -> None:
            brought.append(path)
            bring(path, stop)

        monkeypatch.setattr(bucket_module, "_bring", counted)

        at_once(4, lambda: brought_here(here))

        assert brought == [here]
        assert here.read_bytes() == CONTENT


class TestAttempt:
    def test_comes_back_whole(self) -> None:
        video_id = uuid4()
        folder = attempt(video_id)
        with store.hold(video_id):
            pass
        forget(video_id)

        brought_here(folder)

        assert (folder / "deeper" / "a b ü.jpg").read_bytes() == b"picture"
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]

    def test_is_linked_without_coming_here(self) -> None:
        one, other = uuid4(), uuid4()
        folder = attempt(one)
        copy = store.artefact_dir(other, "first", uuid4())

        store.link(folder, copy, Event())
        store.remove(one)

        assert not copy.exists()
        assert store.exists(copy)
        assert store.read(copy / "result.json") == b'{"pid": 1}'
        assert store.size(copy / "deeper" / "a b ü.jpg") == 7
        assert {key.split("/")[1] for key in kept()} == {str(other)}

    def test_counts_only_when_kept(self) -> None:
        video_id = uuid4()
        good, lost = attempt(video_id), attempt(video_id, kept=False)

        assert store.attempts(video_id) == [good]
        assert store.exists(good)
        assert not store.exists(lost)

    def test_is_discarded_alone(self) -> None:
        video_id = uuid4()
        right, wrong = attempt(video_id), attempt(video_id)

        store.discard(wrong)

        assert store.exists(right)
        assert not store.exists(wrong)
        assert right.exists()
        assert not wrong.exists()

    def test_is_not_brought_any_more_once_told_to_stop(self) -> None:
        video_id, stop = uuid4(), Event()
        folder = attempt(video_id)
        with store.hold(video_id):
            pass
        forget(video_id)
        stop.set()

        with store.hold(video_id), pytest.raises(InterruptedError):
            store.bring([folder], stop)

        assert list(store.videos_dir().rglob("*.jpg")) == []


class TestVideo:
    def test_leaves_nothing_when_removed(self) -> None:
        gone, stays = uuid4(), uuid4()
        for video_id in (gone, stays):
            source(video_id)
            attempt(video_id)

        store.remove(gone)

        assert {key.split("/")[1] for key in kept()} == {str(stays)}
        assert not store.video_dir(gone).exists()

    def test_is_set_aside_with_all_it_has(self) -> None:
        video_id = uuid4()
        source(video_id)
        attempt(video_id)

        aside = store.set_aside(video_id)

        assert aside.endswith(f"orphaned/{video_id}/ in the bucket")
        assert len(kept()) == 3
        assert all(key.startswith(f"orphaned/{video_id}/") for key in kept())
        assert store.size(store.orphaned_dir() / str(video_id) / "source") == len(CONTENT)

    def test_is_as_old_as_its_youngest_file(self) -> None:
        video_id = uuid4()
        source(video_id)

        assert 0 <= store.age_s(video_id) < 600
        assert store.age_s(uuid4()) == 0

    def test_of_more_files_than_one_call_removes_goes_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.store.bucket._MOST_DELETED_AT_ONCE", 2)
        video_id = uuid4()
        source(video_id)
        attempt(video_id)
        attempt(video_id)

        store.remove(video_id)

        assert kept() == set()


class TestAddress:
    def test_gives_the_file_as_what_it_is(self) -> None:
        here = source(uuid4())

        answer = fetched(
            store.url(
                here, content_type="video/mp4", disposition='inline; filename="a.mp4"', expires_s=60
            )
        )

        assert answer.read() == CONTENT
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"] == 'inline; filename="a.mp4"'

    def test_is_good_for_this_file_alone(self) -> None:
        here, other = source(uuid4()), source(uuid4())
        url = store.url(here, content_type="video/mp4", disposition="inline", expires_s=60)
        assert url

        with pytest.raises(HTTPError, match="403"):
            fetched(url.replace(here.parent.name, other.parent.name))
        with pytest.raises(HTTPError, match="403"):
            fetched(url.partition("?")[0])


class TestTrouble:
    """Each is one sentence that says what to do."""

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("S3_SECRET_ACCESS_KEY", "wrong", "signature. Check S3_ACCESS_KEY_ID"),
            ("S3_ACCESS_KEY_ID", "nobody", "access key. Check S3_ACCESS_KEY_ID"),
            ("S3_BUCKET", "another-one", "There is no such bucket. Make it"),
            ("S3_ENDPOINT_URL", "http://127.0.0.1:9", "does not answer"),
        ],
    )
    def test_is_told(self, settings: Any, name: str, value: str, words: str) -> None:
        setattr(settings, name, value)

        for call in _calls():
            with pytest.raises(StorageUnavailable, match=words):
                call()

    def test_of_a_server_that_is_away_passes(self, bucket: Server, settings: Any) -> None:
        with Line(bucket) as line:
            settings.S3_ENDPOINT_URL = line.url
            here = source(uuid4())
            line.cut()
            with pytest.raises(StorageUnavailable):
                store.size(here.with_name("else"))

            line.mend()

            assert store.exists(here.parent)


def _calls() -> list[Callable[[], object]]:
    folder = attempt(uuid4(), kept=False)
    return [
        store.check,
        lambda: store.keep(folder, Event()),
        lambda: brought_here(store.source_path(uuid4())),
    ]


class TestSpool:
    def test_makes_room_by_what_is_unused_longest(self, settings: Any) -> None:
        settings.SPOOL_BYTES = 2 * len(CONTENT)
        old, used, new = (uuid4() for _ in range(3))
        for at, video_id in enumerate((old, used)):
            source(video_id)
            os.utime(store.root() / "spool" / str(video_id), (at, at))

        source(new)

        assert not store.source_path(old).exists()
        assert store.source_path(used).exists()
        assert store.source_path(new).exists()

    def test_never_evicts_what_is_held(self, settings: Any) -> None:
        settings.SPOOL_BYTES = len(CONTENT)
        held = uuid4()
        source(held)

        with store.hold(held):
            other = source(uuid4())
            assert not spool.evict(held)
            assert store.source_path(held).exists()

        assert not other.exists()

    def test_can_be_held_while_it_is_evicted(self) -> None:
        """Whoever waits for the lock of a card that goes gets that of the next."""
        video_id, stop = uuid4(), Event()
        here = source(video_id)
        evictor = threading.Thread(target=_evict_until, args=(video_id, stop))
        evictor.start()

        try:
            for _ in range(20):
                with store.hold(video_id):
                    store.bring([here], Event())
                    assert here.read_bytes() == CONTENT
        finally:
            stop.set()
            evictor.join()


def _evict_until(video_id: UUID, stop: Event) -> None:
    while not stop.is_set():
        spool.evict(video_id)
