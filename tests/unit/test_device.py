"""What `doctor` says of the device that models compute on."""

from pathlib import Path
from typing import Any

import ctranslate2
import pytest

from pipeline import device, sandbox
from pipeline.engines import whisper
from pipeline.engines.onnx import no_gpu
from pipeline.errors import StageError
from pipeline.management.commands import doctor
from pipeline.stages.try_device import DeviceTried
from pipeline.supervisor import ChildDied

ALL = ("nvidia0", "nvidiactl", "nvidia-uvm")


@pytest.fixture
def machine(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of /dev."""
    settings.PIPELINE_DEVICE = "cuda"
    found = sandbox.devices
    monkeypatch.setattr(sandbox, "devices", lambda: found(tmp_path))
    return tmp_path


def said(machine: Path, *files: str) -> tuple[str, str]:
    """Return the state and its mend on a machine with these device files."""
    for name in files:
        (machine / name).touch()
    finding = doctor._device()
    return finding.state, finding.mend


def tries(monkeypatch: pytest.MonkeyPatch, outcome: DeviceTried | Exception) -> None:
    def tried() -> DeviceTried:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(device, "tried", tried)


class TestDoctor:
    def test_tells_the_processor(self, machine: Path, settings: Any) -> None:
        settings.PIPELINE_DEVICE = "cpu"

        assert said(machine, *ALL) == ("models compute on cpu", "")

    @pytest.mark.parametrize(
        ("asked", "then", "wants"),
        [("auto", "compute on cpu", False), ("cuda", "cannot compute on cuda", True)],
    )
    def test_tells_that_there_is_no_gpu(
        self, machine: Path, settings: Any, asked: str, then: str, wants: bool
    ) -> None:
        settings.PIPELINE_DEVICE = asked

        state, mend = said(machine)

        assert then in state and "no NVIDIA GPU" in state
        assert bool(mend) is wants

    def test_tells_that_a_part_of_the_driver_is_not_loaded(self, machine: Path) -> None:
        state, mend = said(machine, "nvidia0", "nvidiactl")

        assert state == f"{machine / 'nvidia-uvm'} missing"
        assert "nvidia-modprobe" in mend

    @pytest.mark.parametrize(
        ("trouble", "why"),
        [
            (no_gpu("ONNX Runtime is installed without CUDA"), "installed without CUDA"),
            (StageError("out_of_memory", "The file needs more memory."), "more memory"),
            (ChildDied("was killed by SIGSEGV"), "SIGSEGV"),
        ],
    )
    def test_tells_why_it_cannot_be_used(
        self, machine: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception, why: str
    ) -> None:
        tries(monkeypatch, trouble)

        state, mend = said(machine, *ALL)

        assert why in state
        assert "make install-gpu" in mend

    def test_tells_that_it_works(self, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tries(monkeypatch, DeviceTried("cuda", "cuda"))

        assert said(machine, *ALL) == ("graphs compute on cuda, speech on cuda", "")


class TestSpeech:
    def test_names_the_library_that_the_wheel_wants(self) -> None:
        """A wheel for another CUDA would find it missing on every machine."""
        folder = Path(ctranslate2.__file__).parents[1] / "ctranslate2.libs"
        (library,) = folder.glob("libctranslate2-*")
        built = library.read_bytes()
        if b"libcublas.so" not in built:
            pytest.skip("This machine's wheel computes on the processor alone.")

        assert whisper._CUBLAS.encode() + b"\0" in built
