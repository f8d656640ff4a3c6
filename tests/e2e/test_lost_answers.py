"""An answer that never arrived: the web server dies between the commit and the answer."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from pipeline.fleet import Fleet
from tests import throwaway
from tests.patience import PATIENCE_S, until
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def web(workers_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a web server at the tests' database that dies at a request with `X-Die`."""
    port = throwaway.free_port()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.e2e.dying_settings")
    monkeypatch.setenv("PORT", str(port))
    with Fleet({"web": ["web"]}):
        _await(port)
        yield port


class TestLostAnswer:
    def test_is_had_by_sending_again(self, web: int, token: str, media_root: Path) -> None:
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nabc'
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "multipart/form-data; boundary=b",
            "Idempotency-Key": "take-1",
        }
        request = ("POST", "/api/v1/videos", body + b"\r\n--b--\r\n")

        lost = _status(web, *request, headers=headers | {"X-Die": "now"})
        _await(web)
        again = _status(web, *request, headers=headers)

        assert (lost, again) == (None, 202)
        assert Video.objects.count() == 1
        assert [path.read_bytes() for path in media_root.rglob("source")] == [b"abc"]


def _await(port: int) -> None:
    until(lambda: _status(port, "GET", "/healthz") == 200)


def _status(
    port: int, method: str, path: str, body: bytes = b"", headers: Any = None
) -> int | None:
    """Return what the request is answered; None: the server is gone."""
    http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        http.request(method, path, body, headers or {})
        return http.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        http.close()
