"""Requests that end badly or come two at once, at a real web server."""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest
from django.db import connection

from pipeline import store
from tests import factories
from tests.execution.conftest import at_once
from tests.patience import PATIENCE_S, until
from tests.uploads.server import Server, content, send_in_vain
from videos.models import Upload, Video
from videos.services import UploadLocked, locks, upload_append, upload_look
from videos.services.receiving import Part

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 3_000_000
CONTENT = content(SIZE)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def written(path: str) -> int:
    part = store.part_path(UUID(path.rsplit("/", 1)[-1]))
    return part.stat().st_size if part.exists() else 0


def kept() -> int:
    return Upload.objects.get().received_bytes


def end_holders() -> None:
    """End the database's sessions that hold the lock of an upload."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database "
            "ON pg_database.oid = database AND datname = current_database() "
            "WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()"
        )


class Coming:
    """A body that is not silent for a moment, however busy the machine, while rivals want its turn."""

    size_bytes = SIZE

    def __init__(self, rivals: Sequence[threading.Thread]) -> None:
        self._rivals = rivals

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        for one in self._rivals:
            one.start()
        while any(one.is_alive() for one in self._rivals):
            yield CONTENT[sent : sent + 1000]
            sent += 1000
            time.sleep(0.05)
        yield CONTENT[sent:]


class TestBody:
    def test_that_is_dropped_counts_to_its_last_byte(self, server: Server) -> None:
        path = server.begin(SIZE)
        with server.start_patch(path, 0, SIZE) as broken:
            broken.sendall(CONTENT[:1_234_567])
            until(lambda: written(path) > 0)

        offset = server.offset(path)
        response = server.patch(path, offset, CONTENT[offset:])

        assert offset == 1_234_567
        assert response.status == 204
        assert Video.objects.get().checksum_sha256 == SHA256

    def test_under_which_the_server_is_killed_counts_as_far_as_it_was_kept(
        self, server: Server
    ) -> None:
        path = server.begin(SIZE)
        with server.start_patch(path, 0, SIZE) as broken:
            broken.sendall(CONTENT[:1_000_000])
            until(lambda: written(path) > 0)
            time.sleep(1.1)  # what comes later is kept, and with it what came before
            broken.sendall(CONTENT[1_000_000:1_500_000])
            until(lambda: kept() > 0)
            broken.sendall(CONTENT[1_500_000:2_000_000])

            server.kill()

        offset = server.offset(path)
        assert 0 < kept() == offset <= written(path) <= 2_000_000
        assert server.patch(path, offset, CONTENT[offset:]).status == 204
        assert Video.objects.get().checksum_sha256 == SHA256

    def test_of_a_client_that_fell_silent_gives_way(self, server: Server) -> None:
        path = server.begin(SIZE)
        with server.start_patch(path, 0, SIZE) as silent:
            silent.sendall(CONTENT[:100_000])
            until(lambda: written(path) > 0)

            offset = server.offset(path)
            response = server.patch(path, offset, CONTENT[offset:])
            send_in_vain(silent, bytes(SIZE - 100_000))  # too late to do harm

        assert response.status == 204
        video = Video.objects.get()
        assert video.checksum_sha256 == SHA256
        assert store.source_path(video.id).read_bytes() == CONTENT

    def test_that_still_comes_does_not_give_way(self, server: Server) -> None:
        path = server.begin(SIZE)
        statuses: list[int] = []

        def rival() -> None:
            statuses.append(server.patch(path, 0, CONTENT).status)

        coming = Coming([threading.Thread(target=rival) for _ in range(2)])
        upload_append(upload=Upload.objects.get(), offset=0, body=coming)

        assert statuses == [423, 423]
        assert Video.objects.get().checksum_sha256 == SHA256

    def test_whose_session_is_lost_ends_and_can_be_continued(self, server: Server) -> None:
        path = server.begin(SIZE)
        with server.start_patch(path, 0, SIZE) as orphaned:
            orphaned.sendall(CONTENT[:500_000])
            until(lambda: written(path) > 0)
            end_holders()
            time.sleep(1.1)  # from now on it asks the database, whatever comes
            send_in_vain(orphaned, CONTENT[500_000:1_000_000])
            answer = orphaned.recv(1000)

        offset = server.offset(path)
        assert b" 500 " in answer.splitlines()[0]
        assert server.patch(path, offset, CONTENT[offset:]).status == 204
        assert Video.objects.get().checksum_sha256 == SHA256


class TestLock:
    def test_is_wanted_while_somebody_waits(self) -> None:
        id_ = factories.default_workspace().id

        def wait() -> None:
            try:
                with locks.held(id_, wait_s=PATIENCE_S):
                    pass
            finally:
                connection.close()

        waiting = threading.Thread(target=wait)
        with locks.held(id_, wait_s=PATIENCE_S):
            assert not locks.wanted(id_)
            waiting.start()
            until(lambda: locks.wanted(id_))
        waiting.join()

    def test_is_waited_for_in_vain_no_longer_than_that(self) -> None:
        id_ = factories.default_workspace().id

        def want() -> None:
            try:
                with pytest.raises(locks.Taken), locks.held(id_, wait_s=0.1):
                    pass
            finally:
                connection.close()

        with locks.held(id_, wait_s=PATIENCE_S):
            at_once(want)

    def test_goes_with_its_session(self) -> None:
        id_ = factories.default_workspace().id

        def die_with_it() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            holding = locks.held(id_, wait_s=PATIENCE_S)
            holding.__enter__()
            connection.close()

        at_once(die_with_it)

        with locks.held(id_, wait_s=PATIENCE_S):
            pass


class TestPart:
    def test_has_one_writer_though_the_lock_was_lost(self) -> None:
        upload = factories.make_upload(size_bytes=5)

        with Part(upload), pytest.raises(UploadLocked):
            Part(upload)

    def test_is_not_kept_after_somebody_else(self) -> None:
        upload = factories.make_upload(size_bytes=5)

        with Part(upload) as part:
            part.write(b"he")
            Upload.objects.update(received_bytes=1)
            with pytest.raises(UploadLocked):
                part.keep()


class TestFinish:
    def test_by_many_at_once_makes_one_video(self) -> None:
        upload = factories.make_upload(size_bytes=5, received_bytes=5)
        store.part_path(upload.id).parent.mkdir()
        store.part_path(upload.id).write_bytes(b"hello")

        found = at_once(*[lambda: upload_look(upload=upload).video_id] * 4)

        assert found == [upload.id] * 4
        assert Video.objects.count() == 1
