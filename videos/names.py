"""Names that strangers give to files."""

import unicodedata
from pathlib import Path

_LONGEST = 255
_UNNAMED = "video"


def display_name(name: str) -> str:
    """Return an uploaded file's name as it may be shown.

    The last part of a path, without control and direction-changing characters, in 255 characters
    that keep the suffix.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in base if char.isprintable()).strip()
    if len(shown) > _LONGEST:
        suffix = Path(shown).suffix[:20]
        shown = shown[: _LONGEST - len(suffix)] + suffix
    return shown if shown not in {"", ".", ".."} else _UNNAMED
