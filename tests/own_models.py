"""Lists of models as operators write them."""

import hashlib
from pathlib import Path


def own_model(path: Path, **source: str) -> str:
    """Return TOML that lists one model, `mine`, whose one file is like `path`, by default that."""
    listed = {
        "name": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        **(source or {"path": str(path)}),
    }
    lines = [f'{key} = "{value}"' for key, value in listed.items()]
    return "\n".join(
        (
            "[mine]",
            'task = "tests"',
            'licence = "MIT"',
            'origin = "our own"',
            "[[mine.files]]",
            *lines,
            f"size_bytes = {path.stat().st_size}",
        )
    )
