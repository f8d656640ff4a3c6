"""The videos that stages are tried on, and what is true of them."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videointel.settings.env import VAR_DIR

_ROOT = Path(__file__).resolve().parents[1]
Truth = dict[str, Any]
Recipe = Callable[[Path], Truth]

SAMPLE = _ROOT / "docs" / "sample" / "sample.mp4"
SAMPLE_TRUTH: Truth = json.loads(SAMPLE.with_suffix(".json").read_text())
_SOURCES = (*sorted((_ROOT / "eval").glob("*.py")), _ROOT / "tests" / "clips.py", SAMPLE)
"""A change to one of these makes all cases anew."""


@dataclass(frozen=True)
class Case:
    name: str
    path: Path
    truth: Truth
    """As `docs/sample/sample.json` shows: lists of what there is, times in ms, ends exclusive."""


def cases(key: str, recipes: Mapping[str, Recipe]) -> Iterator[Case]:
    """Yield the cases whose truth has `key`: the sample, those that recipes make, and the user's."""
    found = [SAMPLE, *(_made(name, recipe) for name, recipe in recipes.items()), *_own()]
    for path in found:
        truth = json.loads(path.with_suffix(".json").read_text())
        if key in truth:
            yield Case(path.stem, path, truth)


def _made(name: str, recipe: Recipe) -> Path:
    """Return what the recipe makes; it is made once."""
    path = _cache() / name
    if not path.with_suffix(".json").exists():
        truth = recipe(path)
        path.with_suffix(".json").write_text(json.dumps(truth))
    return path


def _cache() -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:16]
    folder = VAR_DIR / "eval" / digest
    if not folder.exists():
        shutil.rmtree(VAR_DIR / "eval", ignore_errors=True)
        folder.mkdir(parents=True)
    return folder


def _own() -> list[Path]:
    """Return the files with a truth in the folder that EVAL_DIR names, if any."""
    folder = os.environ.get("EVAL_DIR", "")
    if not folder:
        return []
    return [
        path
        for path in sorted(Path(folder).iterdir())
        if path.suffix != ".json" and path.with_suffix(".json").exists()
    ]
