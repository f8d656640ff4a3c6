"""Reads the weights in a file that PyTorch wrote, without PyTorch and without trusting the file.

Such a file is a zip archive of raw arrays and one pickle that names them. A pickle may call
whatever it can name; this one is let name four things, of which none does more than lay out arrays.
"""

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

_KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a state dictionary by their names, float32 and int64.

    Raises `pickle.UnpicklingError` where the file names anything else than arrays,
    `zipfile.BadZipFile`, `KeyError` and `ValueError` where it is no such file.
    """
    with ZipFile(path) as archive:
        (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(index) as stream:
            found = _Reader(stream, archive, index.removesuffix("data.pkl")).load()
    return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}


class _Reader(pickle.Unpickler):
    def __init__(self, stream: Any, archive: ZipFile, root: str) -> None:
        super().__init__(stream)
        self._archive, self._root = archive, root

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return _array
            case "torch", _ if name in _KINDS:
                return _KINDS[name]
        raise pickle.UnpicklingError(f"The file names {module}.{name}, which is no array.")

    def persistent_load(self, told: Any) -> npt.NDArray[Any]:
        _, kind, key, _, _ = told
        return np.frombuffer(self._archive.read(f"{self._root}data/{key}"), kind)


def _array(
    stored: npt.NDArray[Any], offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any
) -> npt.NDArray[Any]:
    """Return a copy of what PyTorch lays over a storage; only whole rows in order are taken.

    Raises `ValueError`.
    """
    count = int(np.prod(shape, dtype=np.int64))
    array = stored[offset : offset + count].reshape(shape)
    if count > 1 and tuple(s // stored.itemsize for s in array.strides) != tuple(strides):
        raise ValueError("The file lays out an array in an order of its own.")
    return array.copy()
