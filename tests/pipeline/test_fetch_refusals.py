"""What is not fetched, and what it says: over real sockets."""

import os
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from pipeline.contract import Limits
from pipeline.errors import PipelineError, StageError, TransientError
from tests.pipeline.fetching import CONTENT, HALF, fetch, left
from tests.serving import Handler, Respond, serving

pytestmark = pytest.mark.usefixtures("in_no_hurry")


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
            patch("pipeline.net.part.shutil.disk_usage", side_effect=room),
            pytest.raises(TransientError) as failure,
        ):
            fetch(served.url(), tmp_path)

        assert failure.value.code == "storage_full"
        assert list(tmp_path.rglob("fetched")) == []

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
