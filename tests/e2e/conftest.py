"""Real processes: workers over the tests' database, and whole servers of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from pipeline.fleet import Fleet


@pytest.fixture
def workers(
    transactional_db: None, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    """A worker cluster of real processes at the tests' database and media folder."""
    known: dict[str, Any] = {**connection.get_connection_params()}
    login = quote(known["user"]) + (f":{quote(known['password'])}" if "password" in known else "")
    place = urlencode([(key, known[key]) for key in ("host", "port") if key in known])
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", f"postgres://{login}@/{name}?{place}")
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
