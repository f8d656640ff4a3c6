"""What callers of the store rely on, with the files in a bucket."""

import hashlib
import os
from pathlib import Path
from threading import Event
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from django.conf import settings

from pipeline import store
from pipeline.store import bucket as bucket_module
from pipeline.store.connection import client, transfer_config
from tests.execution.conftest import at_once
from tests.storage.files import CONTENT, attempt, brought_here, fetched, forget, kept, source

pytestmark = pytest.mark.usefixtures("bucket")


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

        at_once(*[lambda: brought_here(here)] * 4)

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
