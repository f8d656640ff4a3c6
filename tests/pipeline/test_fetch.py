"""Fetching over real sockets: what is brought, what is resumed, what is refused."""

import fcntl
import hashlib
import os
import time
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from pipeline.contract import Context, Limits, VideoInfo
from pipeline.errors import PipelineError, StageError, TransientError
from pipeline.net import client, download
from pipeline.results import Fetched
from pipeline.stages.fetch import Fetch
from tests.serving import Handler, Respond, serving

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)


def fetch(
    url: str, folder: Path, limits: Limits | None = None, **parameters: Any
) -> tuple[Fetched, list[float]]:
    """Fetch as one attempt does; return what was found and the progress that was told."""
    told: list[float] = []
    attempt = folder / f"attempt-{len(list(folder.glob('attempt-*')))}"
    attempt.mkdir()
    ctx = Context(
        video=VideoInfo(folder / "source", source_url=url),
        workdir=attempt,
        models_dir=folder,
        threads=1,
        upstream={},
        report=told.append,
        limits=limits or Limits(),
        partial=folder / "partial",
    )
    found = Fetch(allow=("127.0.0.1",), **parameters).run(ctx)
    assert (attempt / found.file).stat().st_size == found.size_bytes
    return found, told


def left(folder: Path) -> list[str]:
    """Return what the next attempt would find."""
    return sorted(path.name for path in folder.glob("partial/*"))


class TestFetch:
    def test_brings_the_file(self, tmp_path: Path) -> None:
        with serving(CONTENT) as served:
            found, told = fetch(served.url("/a/My%20clip.mp4?sig=x"), tmp_path)

        assert found.checksum_sha256 == SHA256
        assert found.filename == "My clip.mp4"
        assert (tmp_path / "attempt-0" / found.file).read_bytes() == CONTENT
        assert told == sorted(told)
        assert told[-1] == 1.0
        assert left(tmp_path) == []

    def test_asks_for_the_bytes_as_they_are(self, tmp_path: Path) -> None:
        with serving(CONTENT) as served:
            fetch(served.url(), tmp_path)

            _, headers = served.asked[0]
            assert headers["Accept-Encoding"] == "identity"
            assert not {"Cookie", "Authorization", "Referer"} & headers.keys()

    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ('attachment; filename="talk.mp4"', "talk.mp4"),
            ("attachment; filename*=UTF-8''B%C3%A4r.mp4", "Bär.mp4"),
            ('attachment; filename="../../etc/passwd"', "../../etc/passwd"),  # for display only
            ("inline", "clip.mp4"),
        ],
    )
    def test_tells_the_name_that_the_server_gives(
        self, tmp_path: Path, disposition: str, name: str
    ) -> None:
        with serving(CONTENT, headers={"Content-Disposition": disposition}) as served:
            assert fetch(served.url(), tmp_path)[0].filename == name

    def test_follows_redirects_and_keeps_the_better_name(self, tmp_path: Path) -> None:
        with serving(CONTENT) as served:
            served.respond["/clip.mp4"] = lambda handler: handler.answer(302, Location="/6fa3")

            found, _ = fetch(served.url(), tmp_path)

        assert found.checksum_sha256 == SHA256
        assert found.filename == "clip.mp4"


class TestResume:
    def test_goes_on_after_a_broken_connection(self, tmp_path: Path) -> None:
        with serving(CONTENT, break_after=[HALF, 1000, 7]) as served:
            found, _ = fetch(served.url(), tmp_path)

            assert found.checksum_sha256 == SHA256
            wanted = [headers.get("Range") for _, headers in served.asked]
            ends = [HALF, HALF + 1000, HALF + 1007]
            assert wanted == [None, *(f"bytes={end}-" for end in ends)]
            assert served.asked[1][1]["If-Range"] == '"one"'

    def test_goes_on_in_the_next_attempt(self, tmp_path: Path) -> None:
        with serving(CONTENT, break_after=[HALF, 0, 0, 0]) as served:
            with pytest.raises(TransientError):
                fetch(served.url(), tmp_path)
            assert left(tmp_path) == ["part", "part.json"]

            found, _ = fetch(served.url(), tmp_path)

            assert found.checksum_sha256 == SHA256
            assert served.asked[-1][1]["Range"] == f"bytes={HALF}-"
        assert left(tmp_path) == []

    def test_begins_anew_where_the_file_has_changed(self, tmp_path: Path) -> None:
        with serving(b"x" * HALF * 2, break_after=[HALF, 0, 0, 0]) as served:
            with pytest.raises(TransientError):
                fetch(served.url(), tmp_path)
            served.content, served.headers = CONTENT, {"ETag": '"two"'}

            found, _ = fetch(served.url(), tmp_path)

        assert found.checksum_sha256 == SHA256

    @pytest.mark.parametrize(
        "how", [{"headers": {}}, {"headers": {"ETag": 'W/"weak"'}}, {"ranges": False}]
    )
    def test_begins_anew_where_the_server_cannot_go_on(
        self, tmp_path: Path, how: dict[str, Any]
    ) -> None:
        with serving(CONTENT, break_after=[HALF], **how) as served:
            assert fetch(served.url(), tmp_path)[0].checksum_sha256 == SHA256
            assert "" not in [headers.get("If-Range") for _, headers in served.asked]

    @pytest.mark.parametrize(
        "respond",
        [
            lambda handler: handler.answer(416, b"<html>", Content_Type="text/html"),
            lambda handler: handler.answer(206, b"xyz", Content_Range="bytes 0-2/3"),
            lambda handler: handler.answer(206, b"xyz", Content_Range="rubbish"),
        ],
    )
    def test_begins_anew_where_the_server_sends_another_part(
        self, tmp_path: Path, respond: Respond
    ) -> None:
        def once(handler: Handler) -> None:
            del handler.served.respond["/clip.mp4"]
            respond(handler)

        with serving(CONTENT, break_after=[HALF, 0, 0, 0]) as served:
            with pytest.raises(TransientError):
                fetch(served.url(), tmp_path)
            served.respond["/clip.mp4"] = once

            assert fetch(served.url(), tmp_path)[0].checksum_sha256 == SHA256

    def test_leaves_alone_what_another_attempt_still_writes(self, tmp_path: Path) -> None:
        (tmp_path / "partial").mkdir()
        (tmp_path / "partial" / "part.json").write_text('{"validator": "\\"one\\""}')
        with serving(CONTENT) as served, (tmp_path / "partial" / "part").open("wb") as zombie:
            fcntl.flock(zombie, fcntl.LOCK_EX)
            zombie.write(b"what a zombie has")
            zombie.flush()

            found, _ = fetch(served.url(), tmp_path)
            zombie.write(b" and goes on to write")

        assert found.checksum_sha256 == SHA256
        assert (tmp_path / "attempt-0" / found.file).read_bytes() == CONTENT

    def test_does_not_trust_a_part_without_its_note(self, tmp_path: Path) -> None:
        (tmp_path / "partial").mkdir()
        (tmp_path / "partial" / "part").write_bytes(b"of what?")
        with serving(CONTENT) as served:
            assert fetch(served.url(), tmp_path)[0].checksum_sha256 == SHA256

    def test_gives_up_a_server_that_only_drips(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "_SLOWEST_S", 0.0)
        monkeypatch.setattr(client, "_SLOWEST_BYTES", 10**9)
        with serving(CONTENT) as served, pytest.raises(TransientError, match="slowly"):
            fetch(served.url(), tmp_path)

        assert len(served.asked) == 1

    def test_gives_up_a_server_whose_headers_never_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def drip(handler: Handler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                handler.wfile.write(b"X-More: yes\r\n")
                time.sleep(0.01)

        monkeypatch.setattr(client, "_SLOWEST_S", 0.1)
        how: dict[str, Any] = {"respond": {"/clip.mp4": drip}}
        with serving(**how) as served, pytest.raises(TransientError, match="slowly"):
            fetch(served.url(), tmp_path)

    def test_gives_up_a_server_that_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "_IDLE_S", 0.05)
        how: dict[str, Any] = {"pause_s": 0.3, "headers": {}}
        with serving(CONTENT, **how) as served, pytest.raises(TransientError) as failure:
            fetch(served.url(), tmp_path)

        assert failure.value.code == "fetch_failed"


# How a server answers, what that makes of the stage, and which words tell why.
_ANSWERS: dict[str, tuple[Respond, type[PipelineError], str, str]] = {
    "gone": (lambda h: h.answer(404), StageError, "fetch_refused", "404 Not Found"),
    "forbidden": (lambda h: h.answer(403), StageError, "fetch_refused", "403"),
    "empty": (lambda h: h.answer(200), StageError, "empty_file", "without any bytes"),
    "page": (
        lambda h: h.answer(200, b"<html>", Content_Type="text/html; charset=utf-8"),
        *(StageError, "not_media", "a web page"),
    ),
    "bomb": (
        lambda h: h.answer(200, b"\x1f\x8b", Content_Encoding="gzip"),
        *(StageError, "fetch_refused", "compressed"),
    ),
    "error": (lambda h: h.answer(500), TransientError, "fetch_failed", "500"),
    "busy": (lambda h: h.answer(429), TransientError, "fetch_failed", "429"),
    "odd": (lambda h: h.answer(599), TransientError, "fetch_failed", "599"),
}


class TestRefusals:
    @pytest.mark.parametrize("answer", _ANSWERS.values(), ids=_ANSWERS.keys())
    def test_say_what_is_wrong(
        self, tmp_path: Path, answer: tuple[Respond, type[PipelineError], str, str]
    ) -> None:
        respond, kind, code, words = answer
        how: dict[str, Any] = {"respond": {"/clip.mp4": respond}}
        with serving(**how) as served, pytest.raises(kind, match=words) as failure:
            fetch(served.url(), tmp_path)

        assert failure.value.code == code

    def test_of_what_is_too_large_come_before_the_first_byte(self, tmp_path: Path) -> None:
        with serving(CONTENT) as served, pytest.raises(StageError) as failure:
            fetch(served.url(), tmp_path, max_bytes=len(CONTENT) - 1)

        assert failure.value.code == "too_large"
        assert left(tmp_path) == []

    def test_of_what_is_too_large_come_on_the_way_where_the_server_does_not_say(
        self, tmp_path: Path
    ) -> None:
        def endless(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while True:
                handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")

        how: dict[str, Any] = {"respond": {"/clip.mp4": endless}}
        with serving(**how) as served, pytest.raises(StageError) as failure:
            fetch(served.url(), tmp_path, max_bytes=100_000)

        assert failure.value.code == "too_large"
        assert left(tmp_path) == []

    def test_of_what_is_over_the_quota_come_before_the_first_byte(self, tmp_path: Path) -> None:
        limits = Limits(quota_bytes=HALF)
        with serving(CONTENT) as served, pytest.raises(StageError, match="quota") as failure:
            fetch(served.url(), tmp_path, limits)

        assert failure.value.code == "quota_exceeded"
        assert left(tmp_path) == []

    def test_of_what_the_disk_has_no_room_for_pass_and_keep_what_came(self, tmp_path: Path) -> None:
        with serving(CONTENT, break_after=[HALF, 0, 0, 0]) as served:
            with pytest.raises(TransientError):
                fetch(served.url(), tmp_path)
            with pytest.raises(TransientError) as failure:
                fetch(served.url(), tmp_path, Limits(min_free_bytes=1 << 60))

            assert failure.value.code == "storage_full"
            assert left(tmp_path) == ["part", "part.json"]

    def test_of_a_disk_that_others_fill_keep_its_floor(self, tmp_path: Path) -> None:
        room = chain([SimpleNamespace(free=1 << 40)] * 2, repeat(SimpleNamespace(free=0)))
        with (
            serving(CONTENT) as served,
            patch("pipeline.net.download.shutil.disk_usage", side_effect=room),
            pytest.raises(TransientError) as failure,
        ):
            fetch(served.url(), tmp_path)

        assert failure.value.code == "storage_full"
        assert not (tmp_path / "fetched").exists()

    @pytest.mark.parametrize(
        ("headers", "wait_s"),
        [
            ({"Retry_After": "120"}, 120),
            ({"Retry_After": "999999999"}, 3600),
            ({"Retry_After": "soon"}, 0),
            (
                {
                    "Retry_After": "Mon, 05 Jan 2026 09:31:30 GMT",
                    "Date": "Mon, 05 Jan 2026 09:30:00 GMT",
                },
                90,
            ),
        ],
    )
    def test_are_taken_at_their_word_within_bounds(
        self, tmp_path: Path, headers: dict[str, str], wait_s: float
    ) -> None:
        how: dict[str, Any] = {"respond": {"/clip.mp4": lambda handler: _busy(handler, headers)}}
        with serving(**how) as served, pytest.raises(TransientError) as failure:
            fetch(served.url(), tmp_path)

        assert failure.value.retry_after_s == wait_s
        assert len(served.asked) == 1

    def test_of_connections_pass(self, tmp_path: Path) -> None:
        with serving() as served:
            nobody = served.url()

        with pytest.raises(TransientError, match=r"\(Connection refused\): retry") as failure:
            fetch(nobody, tmp_path)

        assert failure.value.code == "fetch_failed"

    def test_of_the_disk_pass(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_file: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with serving(CONTENT) as served, pytest.raises(TransientError, match="No space") as failure:
            fetch(served.url(), tmp_path)

        assert failure.value.code == "io_error"


def _busy(handler: Handler, headers: dict[str, str]) -> None:
    handler.send_response_only(503)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
