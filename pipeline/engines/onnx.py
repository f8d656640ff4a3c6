"""ONNX Runtime (MIT): the one way in which engines load a graph."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contract import Device
from pipeline.engines.loaded import loaded
from pipeline.errors import StageError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_CPU, _GPU = "CPUExecutionProvider", "CUDAExecutionProvider"
GPU_OPTIONS: dict[str, Any] = {"use_tf32": 0}
"""Ten bits of precision are what a newer GPU takes for float32 unless it is told."""


def session(
    path: Path,
    *,
    threads: int,
    device: Device = "cpu",
    made: Callable[[Path], bytes] | None = None,
) -> "InferenceSession":
    """Return the graph in the file `path`, ready to run; this process loads it once.

    `threads` is how many compute one call. `device` `auto` takes a GPU where there is one.
    `made` makes the graph of the file where that has another than is wanted, or weights alone.
    Raises `StageError` (`device_unavailable`) for `cuda` without one, `MemoryError`.
    """
    return loaded(_open, path, threads, device, made)


def on_gpu(device: Device) -> bool:
    """Tell whether graphs are computed on a GPU. Raises as `session` does."""
    import onnxruntime

    if device == "cpu":
        return False
    found = _GPU in onnxruntime.get_available_providers()
    if device == "cuda" and not found:
        raise no_gpu("ONNX Runtime is installed without CUDA")
    if found:
        load_cuda()
    return found


def device_name(session: "InferenceSession") -> Device:
    """Return what computes the graph."""
    return "cuda" if _GPU in session.get_providers() else "cpu"


@cache
def load_cuda() -> None:
    """Load CUDA's libraries from the packages that brought them: others then find them, too."""
    import onnxruntime

    onnxruntime.preload_dlls()


def no_gpu(why: str) -> StageError:
    """Return what is raised where a GPU is asked for and none can be used."""
    message = (
        f"{why}: do as `manage.py doctor` says or set PIPELINE_DEVICE to cpu, then retry the video."
    )
    return StageError("device_unavailable", message)


def refusals() -> tuple[type[Exception], ...]:
    """Return what is raised for a graph that takes another size, other inputs, or is none."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    of_the_runtime = (
        *(state.Fail, state.InvalidArgument, state.RuntimeException, state.NotImplemented),
        *(state.InvalidGraph, state.InvalidProtobuf, state.NoSuchFile),
    )
    return *of_the_runtime, ValueError, TypeError, IndexError


def _open(
    path: Path, threads: int, device: Device, made: Callable[[Path], bytes] | None
) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings tell of the graph, which nobody here can change
    # Memory taken anew for each call costs up to a third of it; all pictures of a video need as much.
    options.enable_cpu_mem_arena = True
    # A plan of it for each size of picture takes a quarter more, and saves no time.
    options.enable_mem_pattern = False
    providers = [(_GPU, GPU_OPTIONS), _CPU] if on_gpu(device) else [_CPU]
    graph = made(path) if made else str(path)
    found = onnxruntime.InferenceSession(graph, sess_options=options, providers=providers)
    if device == "cuda" and _GPU not in found.get_providers():  # it falls back in silence
        raise no_gpu("ONNX Runtime cannot start CUDA")
    return found
