"""What the catalogue knows of a model: its files, where each comes from, and their checksums."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# What `make install` installs.
_ALWAYS = ("requirements.txt", "requirements-models.txt")


@dataclass(frozen=True)
class Wheel:
    """A file inside an installed package, or one piece of it."""

    package: str
    """Import name."""
    path: str
    requirements: str = "requirements-models.txt"
    """The lock file that names the wheel."""
    member: str = ""
    """The file at `path` is a zip archive, and this is what is wanted of it."""

    def __str__(self) -> str:
        return "/".join(filter(None, [self.package, self.path, self.member])) + " (wheel)"


@dataclass(frozen=True)
class Web:
    """A file at an address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class Hub:
    """A file of a repository on the Hugging Face hub."""

    repository: str
    """Owner and name."""
    revision: str
    """The commit: a branch may come to mean other bytes."""
    path: str

    @property
    def url(self) -> str:
        return (
            f"https://huggingface.co/{self.repository}/resolve/{self.revision}/{quote(self.path)}"
        )

    def __str__(self) -> str:
        return f"hf://{self.repository}@{self.revision}/{self.path}"


@dataclass(frozen=True)
class Disk:
    """A file on this machine, or on a disk that it mounts."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


Source = tuple[Wheel, ...] | Web | Hub | Disk
"""Of several pieces in wheels the file is joined, in their order."""


@dataclass(frozen=True)
class File:
    name: str
    """As the engine expects it in the model's folder."""
    sha256: str
    size_bytes: int
    source: Source

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        if isinstance(self.source, tuple):
            return " + ".join(map(str, self.source))
        return str(self.source)


@dataclass(frozen=True)
class Model:
    name: str
    task: str
    licence: str
    """SPDX identifier of the weights."""
    origin: str
    """Who published the weights, and where."""
    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Checksum of the files' checksums: it changes when any file does."""
        listing = "".join(f"{file.sha256}  {file.name}\n" for file in self.files)
        return hashlib.sha256(listing.encode()).hexdigest()

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """What installed packages hold of it."""
        return tuple(
            wheel for file in self.files if isinstance(file.source, tuple) for wheel in file.source
        )

    @property
    def in_place(self) -> bool:
        """Whether one folder of a wheel holds all of it, ready to load."""
        folders = {(wheel.package, Path(wheel.path).parent) for wheel in self.wheels}
        whole = len(self.wheels) == len(self.files) and not any(w.member for w in self.wheels)
        return len(folders) == 1 and whole

    @property
    def installed(self) -> bool:
        """Whether all of it comes with the server's own packages; else it is pulled."""
        return all(isinstance(file.source, tuple) for file in self.files)

    @property
    def optional(self) -> bool:
        """Whether a server is whole without it: `make install` does not bring it."""
        return not self.installed or any(w.requirements not in _ALWAYS for w in self.wheels)

    @property
    def mend(self) -> str:
        """The command that brings its files where they are absent or altered."""
        if not self.installed:
            return f"python manage.py models pull {self.name}"
        locks = dict.fromkeys(wheel.requirements for wheel in self.wheels)
        chosen = " ".join(f"-r {lock}" for lock in locks)
        return f"python -m pip install --force-reinstall --no-deps {chosen}"
