"""The videos that stages are tried on, and what is true of them."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.clips import SAMPLE
from videointel.settings.env import VAR_DIR

_ROOT = Path(__file__).resolve().parents[1]
Truth = dict[str, Any]
Recipe = Callable[[Path], Truth]

SAMPLE_TRUTH: Truth = json.loads(SAMPLE.with_suffix(".json").read_text())
_MAKERS = ("clips", "montages", "noises", "portraits", "talk", "unspoken")
_SOURCES = (
    *sorted((_ROOT / "eval").glob("*.py")),
    *(_ROOT / "eval" / name for name in ("topics.toml", "names.toml", "recordings.toml")),
    *(_ROOT / "tests" / f"{maker}.py" for maker in _MAKERS),
    SAMPLE,
)
"""A change to one of these makes all cases anew."""


@dataclass(frozen=True)
class Case:
    name: str
    path: Path
    truth: Truth
    """As `docs/sample/sample.json` shows: lists of what there is, times in ms, ends exclusive."""


def cases(key: str, recipes: Mapping[str, Recipe], own: Path | None = None) -> Iterator[Case]:
    """Yield the cases whose truth has `key`: the sample, those that recipes make, and one's own.

    `own`: a folder of media, each with its truth beside it; what has none is passed over.
    """
    files = sorted(own.iterdir()) if own else []
    told = [path for path in files if path.suffix != ".json" and _truth_of(path).exists()]
    for path in (
        SAMPLE,
        *(_made(_cache() / key / name, recipe) for name, recipe in recipes.items()),
        *told,
    ):
        truth = json.loads(_truth_of(path).read_text())
        if key in truth:
            yield Case(path.stem, path, truth)


def _truth_of(media: Path) -> Path:
    return media.with_suffix(".json")


def _made(path: Path, recipe: Recipe) -> Path:
    """Return what the recipe makes; it is made once."""
    if not _truth_of(path).exists():
        path.parent.mkdir(exist_ok=True)
        _truth_of(path).write_text(json.dumps(recipe(path)))
    return path


def peer(name: str, path: Path, ask: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Return what a peer makes of a file, which JSON can hold. It is asked once.

    `name` names the peer with its version.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    kept = VAR_DIR / "eval" / "peers" / f"{name}-{digest}.json"
    if not kept.exists():
        told = json.dumps(ask(path))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(told)
    told_before: dict[str, Any] = json.loads(kept.read_text())
    return told_before


@cache
def _cache() -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:16]
    folder = VAR_DIR / "eval" / "made" / digest
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
    return folder
