"""What a process may do that computes on a GPU, tried in real ones with a device that is none."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import child, device, sandbox
from pipeline.errors import StageError
from pipeline.sandbox import Gpu, landlock, seccomp
from pipeline.stages.probe import Probe
from pipeline.stages.read_text import ReadText
from pipeline.stages.redact import Redact
from tests.execution.attempts import TakeMemory, TryGpu, TryGpuOnUpload, TryWithModels
from tests.execution.confined import Videos

pytestmark = pytest.mark.skipif(bool(sandbox.missing()), reason=" ".join(sandbox.missing()))

DEVICE = Path("/dev/full")
"""Every Linux has it, and no stage may open it."""

_OWN = {"write", "replace", "use a temporary file"}
_OF_CUDA = {
    "open the device",
    "control the device",
    "name a thread",
    "look for devices",
    "listen for others of its kind",
    "reserve addresses",
    "keep memory outside its limits",
}
_READ_FOLDER, _READ_FILE, _WRITE_FOLDER = 0b1100, 0b100, 0x61BE
"""Landlock's rights, by its header."""
_FILTERS = {
    0: "26444f0e7d724303ff3a0addd81b9186d12d56558979b2c57f3d35bdc8b206d9",
    1: "71789283ccaa1b355440501ebe8facc715165d532420c4bfa28a54a8065afebd",
}
"""The sha256 of the filters as they were before any process could use a GPU."""


@pytest.fixture
def videos(tmp_path: Path) -> Iterator[Videos]:
    made = Videos(tmp_path)
    yield made
    made.children.discard_all()


@pytest.fixture
def with_gpu(videos: Videos) -> Videos:
    videos.allowance = replace(videos.allowance, devices=(DEVICE,))
    return videos


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Files and rights, as the kernel would be told them."""
    told: list[tuple[str, int]] = []

    def syscall(_number: int, *arguments: Any) -> int:
        if len(arguments) == 4 and isinstance(rule := arguments[2]._obj, landlock._PathBeneath):
            file = Path(f"/proc/self/fd/{rule.parent_fd}").readlink()
            told.append((str(file), rule.allowed_access))
        return os.open("/dev/null", os.O_RDONLY)  # the ruleset, which is closed

    monkeypatch.setattr(landlock, "syscall", syscall)
    monkeypatch.setattr(landlock, "forbid_new_privileges", lambda: None)
    return told


class TestProcessWithAGpu:
    def test_does_what_cuda_does_and_no_more(self, with_gpu: Videos) -> None:
        tried = with_gpu.tried(TryGpu, device=str(DEVICE))

        assert set(tried.done) == _OWN | _OF_CUDA
        assert "CUDA_CACHE_DISABLE" in tried.variables

    def test_is_limited_in_what_memory_it_takes(self, with_gpu: Videos) -> None:
        with_gpu.allowance = replace(with_gpu.allowance, memory_mb=1024)

        some, more = (with_gpu.end(TakeMemory, size=mebibytes << 20) for mebibytes in (64, 1025))

        assert some.outcome == "succeeded"
        assert (more.outcome, more.code) == ("transient", "out_of_memory")

    def test_never_opens_an_upload(self, with_gpu: Videos) -> None:
        tried = with_gpu.tried(TryGpuOnUpload, device=str(DEVICE))

        assert set(tried.done) == {*_OWN, "read the source"}


class TestProcessWithoutAGpu:
    def test_does_none_of_it(self, videos: Videos) -> None:
        tried = videos.tried(TryGpu, device=str(DEVICE))

        assert set(tried.done) == _OWN

    def test_opens_what_it_opened_before_there_were_any(
        self, videos: Videos, rules: list[tuple[str, int]]
    ) -> None:
        videos.workdir.mkdir()
        videos.models.mkdir()

        child._confine(videos.request(TryWithModels()), "models", Gpu())

        known = 2 * landlock._RIGHTS[min(landlock.abi(), max(landlock._RIGHTS))] - 1
        read = [path.resolve() for path in sandbox.programs() if path.exists()]
        assert rules == [
            *((str(path), _READ_FOLDER if path.is_dir() else _READ_FILE) for path in read),
            *((str(path), _WRITE_FOLDER & known) for path in (videos.workdir, videos.models)),
        ]

    @pytest.mark.parametrize("machine", _FILTERS)
    def test_is_filtered_as_before(self, machine: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.getpid", lambda: 1)

        code = seccomp._filter(machine, sockets=True)

        told = b"".join(bytes(seccomp._Instruction(*fields)) for fields in code)
        assert hashlib.sha256(told).hexdigest() == _FILTERS[machine]


class TestDevice:
    @pytest.mark.parametrize("files", [(), (DEVICE,)], ids=["without a GPU", "with a broken one"])
    def test_auto_takes_the_processor(
        self, files: tuple[Path, ...], settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PIPELINE_DEVICE = "auto"
        monkeypatch.setattr(sandbox, "devices", lambda: files)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

        found = device.tried()

        assert (found.graphs, found.speech) == ("cpu", "cpu")

    def test_cuda_fails_for_good_where_there_is_none(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PIPELINE_DEVICE = "cuda"
        monkeypatch.setattr(sandbox, "devices", lambda: ())

        with pytest.raises(StageError, match=r"manage\.py doctor.*PIPELINE_DEVICE") as caught:
            device.tried()

        assert caught.value.code == "device_unavailable"

    def test_is_the_processor_for_what_opens_an_upload(self, settings: Any) -> None:
        settings.PIPELINE_DEVICE = "cuda"

        chosen = [device.device_of(stage) for stage in (Probe(), Redact(), ReadText())]

        assert chosen == ["cpu", "cpu", "cuda"]


class TestFiles:
    def test_are_those_of_all_gpus(self, tmp_path: Path) -> None:
        for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-modeset", "null"):
            (tmp_path / name).touch()

        found = {path.name for path in sandbox.devices(tmp_path)}

        shared = {"nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps"}
        assert found == {"nvidia0", "nvidia1", *shared}

    def test_are_none_without_a_gpu(self, tmp_path: Path) -> None:
        (tmp_path / "nvidiactl").touch()  # its driver is there

        assert sandbox.devices(tmp_path) == ()
