"""Fetches recordings of sounds from Debian's packages: `python -m eval.recordings`, on a Debian.

They lie under `var/eval/recordings`, a folder a package, 700 MB in all; `python -m eval
hear_events` uses them where they are. None is committed. What is fetched stands in
`recordings.toml`.
"""

import hashlib
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from videointel.settings.env import VAR_DIR

FOLDER = VAR_DIR / "eval" / "recordings"
NONE = "none"
_LISTED: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text()
)
_ARCHIVES, _SOUNDS = {".pk3", ".wz"}, {".ogg", ".oga", ".wav"}


def recordings(label: str) -> list[Path]:
    """Return the recordings of a label, or of `NONE`, that have been fetched."""
    return sorted(
        path
        for package, patterns in _LISTED[label].items()
        for path in (FOLDER / package).rglob("*")
        if path.suffix in _SOUNDS and any(fnmatch(str(path), f"*/{name}") for name in patterns)
    )


def held_out(path: Path) -> bool:
    """Tell whether it is of the half on which no threshold was chosen, by its name and folder's."""
    named = path.name.encode() + path.parent.name.encode()
    return int(hashlib.sha256(named).hexdigest(), 16) % 2 == 1


def main() -> int:
    """Fetch what is not there yet. Return 1 where this is no Debian."""
    if not (which("apt-get") and which("dpkg-deb")):
        print("It takes apt-get and dpkg-deb: run it on a Debian.", file=sys.stderr)
        return 1
    for package in sorted({name for packages in _LISTED.values() for name in packages}):
        if not (FOLDER / package).exists():
            print(package, flush=True)
            _fetch(package, FOLDER / package)
    return 0


def _fetch(package: str, folder: Path) -> None:
    """Unpack a package's sounds into a new folder. Raises `CalledProcessError`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=FOLDER) as scratch:
        # Named by its path: what comes from the registry stays in this folder.
        subprocess.run([which("apt-get") or "", "download", package], cwd=scratch, check=True)
        (archive,) = Path(scratch).glob("*.deb")
        whole, kept = Path(scratch) / "whole", Path(scratch) / "kept"
        subprocess.run([which("dpkg-deb") or "", "-x", archive, whole], check=True)
        for at, content in _sounds(whole):
            (kept / at).parent.mkdir(parents=True, exist_ok=True)
            (kept / at).write_bytes(content)
        kept.rename(folder)


def _sounds(whole: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield sounds below a folder, and in archives there, each with the path it shall have."""
    for path in whole.rglob("*"):
        if path.suffix in _SOUNDS and path.is_file():
            yield path.relative_to(whole), path.read_bytes()
        elif path.suffix in _ARCHIVES:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if Path(name).suffix in _SOUNDS and ".." not in Path(name).parts:
                        yield Path(name.lstrip("/")), archive.read(name)


if __name__ == "__main__":
    sys.exit(main())
