"""Finds out what models compute on, in the process that they would compute in. For `doctor`."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage

_MODEL, _GRAPH = "silero-vad-v6", "silero_vad_v6.onnx"
_INPUTS = {"input": (1, 576), "h": (1, 1, 128), "c": (1, 1, 128)}


@dataclass(frozen=True)
class DeviceTried:
    graphs: str
    """What computed a graph in ONNX: cpu or cuda."""
    speech: str
    """What CTranslate2 would compute speech on."""


@dataclass(frozen=True)
class TryDevice(Stage):
    """Belongs to no run: it is in no list of stages."""

    name: ClassVar[str] = "try_device"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = DeviceTried

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> DeviceTried:
        # Not above: workers load this module, and may load no library before they fork.
        import numpy as np

        from pipeline.engines import catalogue, onnx, whisper

        graph = catalogue.locate(_MODEL, ctx.models_dir) / _GRAPH
        session = onnx.session(graph, threads=1, device=ctx.device)
        session.run(None, {name: np.zeros(size, np.float32) for name, size in _INPUTS.items()})
        return DeviceTried(onnx.device_name(session), whisper.device_name(ctx.device, "int8"))
