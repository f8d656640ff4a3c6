"""Fetching over real sockets: what is brought, what is resumed, what is given up."""

import fcntl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import TransientError
from pipeline.net import client
from tests.patience import PATIENCE_S
from tests.pipeline.fetching import CONTENT, HALF, SHA256, fetch, left
from tests.serving import Handler, Respond, serving

pytestmark = pytest.mark.usefixtures("in_no_hurry")


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
        given_up = threading.Event()

        def fall_silent(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"x")
            given_up.wait(PATIENCE_S)

        monkeypatch.setattr(client, "_IDLE_S", 0.05)
        how: dict[str, Any] = {"respond": {"/clip.mp4": fall_silent}}
        with serving(**how) as served, pytest.raises(TransientError) as failure:
            fetch(served.url(), tmp_path)
        given_up.set()

        assert failure.value.code == "fetch_failed"
