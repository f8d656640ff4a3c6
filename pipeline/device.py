"""What models compute on, as the settings and this machine have it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from pipeline import results, sandbox
from pipeline.contract import Device, Limits, Stage
from pipeline.errors import StageError
from pipeline.messages import Ended, Request, kind_of
from pipeline.stages.try_device import DeviceTried, TryDevice
from pipeline.supervisor import Allowance, Child, ChildDied

_PATIENCE_S = 60
_FILE_MB = 16


def gpus() -> tuple[Path, ...]:
    """Return the device files of the GPUs that models may use; empty where they use none."""
    return () if settings.PIPELINE_DEVICE == "cpu" else sandbox.devices()


def device_of(stage: Stage) -> Device:
    """Return what the models of a stage are to compute on.

    Whatever opens an upload computes on the processor: a decoder that a file took over shall not
    have the driver of a GPU to itself.
    """
    asked: Device = settings.PIPELINE_DEVICE
    if kind_of(stage) != "models" or (asked == "auto" and not gpus()):
        return "cpu"
    return asked


def tried() -> DeviceTried:
    """Compute something in a process that is confined as those of stages are; tell on what.

    Raises `StageError` (`device_unavailable`), `ChildDied`.
    """
    stage = TryDevice()
    with TemporaryDirectory() as folder:
        allowance = Allowance(
            memory_mb=settings.PIPELINE_CHILD_MEMORY_MB,
            file_mb=_FILE_MB,
            roots=(Path(folder), settings.MODELS_DIR),
            devices=gpus(),
        )
        child = Child("models", allowance)
        try:
            child.send(
                Request(
                    stage=f"{TryDevice.__module__}.{TryDevice.__qualname__}",
                    parameters={},
                    source="",
                    source_url="",
                    workdir=folder,
                    partial="",
                    models_dir=str(settings.MODELS_DIR),
                    threads=1,
                    device=device_of(stage),
                    limits=Limits(),
                    cpu_s=_PATIENCE_S,
                    upstream={},
                )
            )
            ended = _end(child)
        finally:
            child.kill()
        if ended.outcome != "succeeded":
            raise StageError(ended.code, ended.message)
        found: DeviceTried = results.load(DeviceTried, Path(folder))
        return found


def _end(child: Child) -> Ended:
    while replies := child.replies(timeout_s=_PATIENCE_S):
        for reply in replies:
            if isinstance(reply, Ended):
                return reply
    raise ChildDied("gave no answer")
