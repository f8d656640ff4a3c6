"""A watched folder."""

import logging
from pathlib import Path

import pytest

from pipeline import store
from tests.factories import default_workspace
from videos.services.watching import Watcher, place_at

CONTENT = b"a video, more or less"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "videos.services.watching.watcher")


def watcher(inbox: Path) -> Watcher:
    """Return a watcher as a process that has just begun has it."""
    return Watcher(place_at(str(inbox)), default_workspace())


def put(inbox: Path, name: str = "harbour.mp4", content: bytes = CONTENT) -> Path:
    (inbox / name).write_bytes(content)
    return inbox / name


def look(inbox: Path, *, times: int = 2) -> Watcher:
    """Look so often; the second look takes what the first one saw."""
    looking = watcher(inbox)
    for _ in range(times):
        looking.look()
    return looking


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def parts() -> list[Path]:
    return list(store.incoming_dir().glob("*"))
