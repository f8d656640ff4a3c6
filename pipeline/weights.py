"""Bringing models to this machine: an operator's act, never a stage's.

A file is brought under a name of its own, checked against the catalogue's size and sha256, and
only then moved to its place: whoever looks finds it whole or not at all. What breaks off is taken
up by the next try. One process at a time brings a model; others wait, and find it there.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pipeline.engines.catalogue import Disk, File, Hub, Model, Source, Web, places
from pipeline.errors import ModelMissing, PipelineError, StageError, TransientError
from pipeline.net import addresses
from pipeline.net.download import download
from pipeline.net.part import Bound

_BLOCK_BYTES = 1 << 20

# An operator names these addresses, no stranger: a mirror inside the house is as good as any.
_ANYWHERE = addresses.Policy(allow=("0.0.0.0/0", "::/0"))

State = Literal["intact", "altered", "missing"]

Report = Callable[[int], None]
"""Is told how many bytes there are by now."""


class PullFailed(Exception):
    """A model could not be brought; the text says why, and what to do next."""


class _Altered(StageError):
    """The source has other bytes than the catalogue lists."""

    def __init__(self, file: File, origin: object) -> None:
        message = (
            f"{origin} has other bytes than the catalogue lists for {file.name} "
            f"({file.size_bytes} bytes, sha256 {file.sha256}): nothing of it was kept."
        )
        super().__init__("model_missing", message)


def state(model: Model, models_dir: Path) -> State:
    """Return whether all of the model is here and what the catalogue lists, by its checksums."""
    try:
        places.make_ready(model, places.folder(model, models_dir) or models_dir / model.name)
    except places.ModelAltered:
        return "altered"
    except ModelMissing:
        return "missing"
    return "intact"


def pull(
    model: Model, models_dir: Path, *, place: str, min_free_bytes: int, report: Report
) -> bool:
    """Bring every file of the model that is absent or altered; tell whether there was any.

    `place` is where to take files from instead of their sources: a folder or an address that has
    `MODEL/FILE`, a folder that has `FILE`, or the one file's own; empty: their sources. The disk
    keeps `min_free_bytes`. Raises `PullFailed`.
    """
    try:
        if model.in_place:  # pip alone brings it
            places.make_ready(model, places.folder(model, models_dir) or models_dir / model.name)
            return False
        with places.locked(model, models_dir):
            return _pull(model, models_dir / model.name, place, min_free_bytes, report)
    except PipelineError as error:
        raise PullFailed(_explained(model, models_dir, error)) from error
    except OSError as error:
        raise PullFailed(
            f"{model.name} cannot be written to {models_dir} ({error.strerror}): make room there, "
            "mend its permissions or set MODELS_DIR, then run the same command again."
        ) from error


def _pull(model: Model, folder: Path, place: str, min_free_bytes: int, report: Report) -> bool:
    lacking = [file for file in model.files if not places.intact(folder / file.name, file)]
    done = model.size_bytes - sum(file.size_bytes for file in lacking)
    report(done)
    for file in lacking:
        folder.mkdir(exist_ok=True)
        source = _instead(model, file, place) if place else file.source
        new = folder / f".{file.name}.new"
        try:
            _bring(model, file, source, new, min_free_bytes, _beyond(done, report))
            new.replace(folder / file.name)
        finally:
            new.unlink(missing_ok=True)
        done += file.size_bytes
        report(done)
    return bool(lacking)


def _beyond(done: int, report: Report) -> Report:
    return lambda more: report(done + more)


def _instead(model: Model, file: File, place: str) -> Web | Disk:
    """Return the file's source at another place."""
    if place.startswith(("http://", "https://")):
        whole = len(model.files) == 1 and urlsplit(place).path.endswith(f"/{file.name}")
        return Web(place if whole else f"{place.rstrip('/')}/{model.name}/{file.name}")
    path = Path(place)
    if path.is_file() and len(model.files) == 1:
        return Disk(path)
    beside = path / file.name
    return Disk(beside if beside.is_file() else path / model.name / file.name)


def _bring(
    model: Model, file: File, source: Source, new: Path, min_free_bytes: int, report: Report
) -> None:
    """Write the file to `new`, checked. Raises `PipelineError`, `OSError`."""
    match source:
        case Web() | Hub():
            sha256 = _download(file, source.url, new, min_free_bytes, report)
        case Disk():
            sha256 = _copy(source.path, new, min_free_bytes, report)
        case _:
            places.join(model, file, source, new)
            return
    if sha256 != file.sha256:
        raise _Altered(file, source)


def _download(file: File, url: str, new: Path, min_free_bytes: int, report: Report) -> str:
    partial = new.with_name(f".{file.name}.partial")
    found = download(
        addresses.read(url),
        _ANYWHERE,
        to=new,
        partial=partial,
        bounds=[Bound(file.size_bytes, _Altered(file, url))],
        min_free_bytes=min_free_bytes,
        report=lambda share: report(int(share * file.size_bytes)),
    )
    partial.rmdir()
    return found.checksum_sha256


def _copy(path: Path, new: Path, min_free_bytes: int, report: Report) -> str:
    if not path.is_file():
        raise StageError("fetch_refused", f"There is no file {path}.")
    if path.stat().st_size > shutil.disk_usage(new.parent).free - min_free_bytes:
        raise TransientError("storage_full", f"The disk has no room for {path}.")
    sha256, copied = hashlib.sha256(), 0
    with path.open("rb") as source, new.open("wb") as target:
        while block := source.read(_BLOCK_BYTES):
            sha256.update(block)
            copied += target.write(block)
            report(copied)
        target.flush()
        os.fsync(target.fileno())
    return sha256.hexdigest()


def _explained(model: Model, models_dir: Path, error: PipelineError) -> str:
    """Say what happened, and what to do next."""
    elsewhere = (
        f"`python manage.py models pull {model.name} --from FOLDER|URL` takes it from elsewhere."
    )
    match error.code:
        case "fetch_failed":
            return (
                f"{error.message} Run the same command again: it goes on where it stopped, "
                "where the server can."
            )
        case "storage_full":
            return (
                f"{models_dir} has no room for {model.name} ({model.size_bytes / 1e6:.0f} MB, "
                "beside MIN_FREE_BYTES): free some disk space, then run the same command again."
            )
        case "not_media":
            return f"Its address leads to a web page, not to the file: {elsewhere}"
        case "model_missing" if model.wheels:
            return error.message
        case _:
            return f"{error.message} {elsewhere}"
