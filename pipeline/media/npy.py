"""Grows a `.npy` file row by row, so that memory doesn't grow with a video's length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy_format

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class NpyWriter:
    """Writes an array of shape `(rows, *row_shape)` whose number of rows shows at the end.

    Use as a context manager; the header is right only after it is left.
    """

    def __init__(
        self, path: Path, dtype: type[np.generic], row_shape: tuple[int, ...] = ()
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._row_shape = row_shape
        self._file = path.open("wb")
        self.rows = 0

    def __enter__(self) -> NpyWriter:
        self._write_header()
        return self

    def append(self, row: np.ndarray[Any, Any] | int) -> None:
        array = np.asarray(row, dtype=self._dtype)
        if array.shape != self._row_shape:
            raise ValueError(f"a row has shape {array.shape}, not {self._row_shape}")
        self._file.write(array.tobytes())
        self.rows += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        # numpy pads the header so that the first axis may grow without moving what follows.
        header = {
            "descr": npy_format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.rows, *self._row_shape),
        }
        npy_format.write_array_header_1_0(self._file, header)
