"""Real processes: workers over the tests' database, and whole servers of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from pipeline.fleet import Fleet


@pytest.fixture
def workers(
    transactional_db: None, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    """A worker cluster of real processes at the tests' database and media folder."""
    params = connection.get_connection_params()
    host, user = quote(str(params["host"]), safe=""), params["user"]
    password = f":{quote(params['password'])}" if params.get("password") else ""
    port = f":{params['port']}" if params.get("port") else ""
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", f"postgres://{user}{password}@{host}{port}/{name}")
    monkeypatch.setenv("MEDIA_ROOT", str(media_root))
    with Fleet({"workers": ["work"], "sweeper": ["sweep", "--every", "1"]}) as fleet:
        yield fleet


@pytest.fixture
def bare_environment() -> Iterator[dict[str, Any]]:
    """The environment of a server whose data lies in a new folder.

    Not pytest's: that is private to root, and the embedded server then runs as another user.
    """
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder:
        yield kept | {"VAR_DIR": f"{folder}/var", "LOG_LEVEL": "WARNING"}
