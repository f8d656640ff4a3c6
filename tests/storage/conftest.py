"""A bucket for tests, empty at the beginning of each."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.storage.server import ACCESS_KEY, BUCKET, SECRET_KEY, Server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("s3") / "server")
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: Server, settings: Any) -> Server:
    """The server whose bucket this test's files are kept in, under a prefix of their own."""
    settings.S3_BUCKET = BUCKET
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = s3_server.url
    settings.S3_PREFIX = uuid4().hex
    settings.S3_REGION = "us-east-1"
    settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY = ACCESS_KEY, SECRET_KEY
    s3_server.start()
    return s3_server
