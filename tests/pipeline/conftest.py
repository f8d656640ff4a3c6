"""What is brought over the network comes at once, and into folders of the test's own."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.net import download


@pytest.fixture
def in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What broke off is asked for again without a pause."""
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)


@pytest.fixture
def models_dir(tmp_path: Path, settings: Any) -> Path:
    """Where models are kept: none is there yet."""
    settings.MODELS_DIR = tmp_path / "models"
    settings.MIN_FREE_BYTES = 0
    return tmp_path / "models"
