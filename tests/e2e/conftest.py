"""Real processes: workers over the tests' database, and whole servers of their own."""

import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pipeline import registry
from pipeline.fleet import Fleet, crew


@pytest.fixture
def workers(
    workers_environment: None,
) -> Iterator[Fleet]:
    """Worker clusters of real processes at the tests' database and media folder."""
    with Fleet(crew(sweep_every_s=1)) as fleet:
        yield fleet


@pytest.fixture
def loopback_allowed(settings: Any) -> Iterator[None]:
    """Videos may be fetched from this machine."""
    settings.FETCH_ALLOW = ["127.0.0.1"]
    settings.PIPELINE_STAGES |= {"pipeline.stages.fetch.Fetch": {"allow": ("127.0.0.1",)}}
    registry.stages.cache_clear()
    yield
    registry.stages.cache_clear()


@pytest.fixture
def bare_environment() -> Iterator[dict[str, Any]]:
    """The environment of a server whose data lies in a new folder.

    Not pytest's: that is private to root, and the embedded server then runs as another user.
    """
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder:
        yield kept | {"VAR_DIR": f"{folder}/var", "LOG_LEVEL": "WARNING"}
