"""Fetching as one attempt of the stage does."""

import hashlib
from pathlib import Path
from typing import Any

from pipeline.contract import Context, Limits, VideoInfo
from pipeline.results import Fetched
from pipeline.stages.fetch import Fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


def fetch(
    url: str, folder: Path, limits: Limits | None = None, **parameters: Any
) -> tuple[Fetched, list[float]]:
    """Fetch as one attempt does; return what was found and the progress that was told."""
    told: list[float] = []
    attempt = folder / f"attempt-{len(list(folder.glob('attempt-*')))}"
    attempt.mkdir()
    ctx = Context(
        video=VideoInfo(folder / "source", source_url=url),
        workdir=attempt,
        models_dir=folder,
        threads=1,
        upstream={},
        report=told.append,
        limits=limits or Limits(),
        partial=folder / "partial",
    )
    found = Fetch(allow=("127.0.0.1",), **parameters).run(ctx)
    assert (attempt / found.file).stat().st_size == found.size_bytes
    return found, told


def left(folder: Path) -> list[str]:
    """Return what the next attempt would find."""
    return sorted(path.name for path in folder.glob("partial/*"))
