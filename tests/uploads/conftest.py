import socket
from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from pipeline.fleet import Fleet
from tests.uploads.server import Server
from tests.uploads.tus import Tus


@pytest.fixture
def tus(api: APIClient) -> Tus:
    return Tus(api)


@pytest.fixture
def server(
    workers_environment: None, token: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A real web server over the test's database and media folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))
    with Fleet({"web": ["web"]}, quiet=True) as fleet:
        server = Server(port, token, fleet)
        server.wait_until_up()
        yield server
