"""Graphs that are written here, and weights that PyTorch wrote, without either's package."""

import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pytest

from pipeline.engines import torch_weights
from pipeline.engines.onnx_writer import Writer


class TestWriter:
    def test_writes_what_the_runtime_computes(self) -> None:
        graph = Writer()
        sound = graph.input("sound", ["n", 2, 4])
        kernel = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
        heard = graph.node("Conv", sound, graph.constant(kernel), pads=[1, 1])
        flat = graph.node("Reshape", heard, graph.constant(np.array([-1, 4])))
        model = graph.model(graph.node("LeakyRelu", flat, alpha=0.5), ["n", 4])

        session = onnxruntime.InferenceSession(model)
        given = np.random.default_rng(1).standard_normal((3, 2, 4)).astype(np.float32)
        (found,) = session.run(None, {"sound": given})

        padded = np.pad(given, ((0, 0), (0, 0), (1, 1)))
        true = np.stack([(padded[:, :, at : at + 3] * kernel).sum((1, 2)) for at in range(4)], 1)
        assert found == pytest.approx(np.where(true > 0, true, true / 2), abs=1e-5)


class Stored:
    """An array's bytes, which PyTorch keeps beside the pickle."""

    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Stored):
            storage = sys.modules["torch"].FloatStorage
            return "storage", storage, obj.key, "cpu", obj.count
        return None


class Tensor:
    def __init__(self, *laid_out: Any) -> None:
        self.laid_out = laid_out

    def __reduce__(self) -> Any:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.laid_out


class Call:
    def __reduce__(self) -> Any:
        return print, ("the file was believed",)


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that PyTorch's files hold."""
    package, utils = ModuleType("torch"), ModuleType("torch._utils")

    def rebuild() -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    vars(utils).update(_rebuild_tensor_v2=rebuild)
    vars(package).update(FloatStorage=type("FloatStorage", (), {"__module__": "torch"}))
    monkeypatch.setitem(sys.modules, "torch", package)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def written(path: Path, state: object) -> Path:
    with ZipFile(path, "w") as archive:
        with archive.open("archive/data.pkl", "w") as stream:
            Pickler(stream).dump(state)
        archive.writestr("archive/data/7", np.arange(8, dtype="<f4").tobytes())
    return path


@pytest.mark.usefixtures("torch")
class TestTorchWeights:
    def test_reads_arrays(self, tmp_path: Path) -> None:
        laid_out = Tensor(Stored("7", 8), 2, (2, 3), (3, 1), False, OrderedDict())
        path = written(tmp_path / "weights.pt", OrderedDict(kernel=laid_out))

        (kernel,) = torch_weights.read(path).values()

        assert kernel.tolist() == [[2, 3, 4], [5, 6, 7]]

    def test_refuses_whatever_else_the_file_names(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path / "weights.pt", OrderedDict(kernel=Call()))

        with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print"):
            torch_weights.read(path)

        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(
        ("shape", "strides"), [((3, 3), (3, 1)), ((2, 2), (1, 2)), ((2, 2), (0, 0))]
    )
    def test_refuses_arrays_that_do_not_fit(
        self, tmp_path: Path, shape: tuple[int, int], strides: tuple[int, int]
    ) -> None:
        laid_out = Tensor(Stored("7", 8), 2, shape, strides, False, OrderedDict())
        path = written(tmp_path / "weights.pt", OrderedDict(kernel=laid_out))

        with pytest.raises(ValueError, match=r"reshape|order of its own"):
            torch_weights.read(path)
