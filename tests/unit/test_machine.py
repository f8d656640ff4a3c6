"""Defaults that suit the machine, a container's limits included."""

from pathlib import Path

import pytest

from videointel.postgres.instance import sized
from videointel.settings import machine as module
from videointel.settings.machine import Machine, machine

_GB = 1024


class TestDefaults:
    @pytest.mark.parametrize(
        ("cores", "memory_mb", "workers", "threads", "child_mb"),
        [
            (1, 2 * _GB, 1, 1, 2048),
            (2, 4 * _GB, 1, 2, 3072),
            (2, 8 * _GB, 2, 1, 3584),
            (2, 24 * _GB, 2, 1, 6144),
            (4, 16 * _GB, 2, 2, 6144),
            (8, 8 * _GB, 2, 4, 3584),
            (16, 16 * _GB, 6, 2, 2560),
            (64, 256 * _GB, 32, 2, 6144),
        ],
    )
    def test_keep_the_cores_busy_within_the_memory(
        self, cores: int, memory_mb: int, workers: int, threads: int, child_mb: int
    ) -> None:
        one = Machine(cores, memory_mb)

        assert one.workers() == workers
        assert one.threads(workers) == threads
        assert one.child_memory_mb(workers) == child_mb

    @pytest.mark.parametrize("memory_gb", [2, 3, 4, 6, 8, 12, 16, 32, 64, 512])
    def test_never_exceed_the_machine(self, memory_gb: int) -> None:
        for cores in range(1, 65):
            one = Machine(cores, memory_gb * _GB)
            workers = one.workers()

            assert workers * one.threads(workers) <= cores
            assert workers * one.child_memory_mb(workers) <= one.memory_mb

    def test_follow_a_number_of_workers_that_was_set(self) -> None:
        one = Machine(cores=8, memory_mb=32 * _GB)

        assert (one.threads(1), one.child_memory_mb(1)) == (8, 6144)
        assert (one.threads(100), one.child_memory_mb(100)) == (1, 2048)


class TestMachine:
    @pytest.fixture
    def groups(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(module, "_groups", lambda _: [tmp_path])
        return tmp_path

    def test_is_all_of_it_without_limits(self, groups: Path) -> None:
        (groups / "memory.max").write_text("max\n")
        (groups / "cpu.max").write_text("max 100000\n")

        found = machine()

        assert found.cores >= 1
        assert found.memory_mb > 500

    def test_is_what_a_container_may_use(self, groups: Path) -> None:
        (groups / "memory.max").write_text(f"{300 << 20}\n")
        (groups / "cpu.max").write_text("100000 100000\n")

        assert machine() == Machine(cores=1, memory_mb=300)

    def test_is_what_an_older_kernels_container_may_use(self, groups: Path) -> None:
        (groups / "memory.limit_in_bytes").write_text(f"{300 << 20}\n")
        (groups / "cpu.cfs_quota_us").write_text("50000\n")
        (groups / "cpu.cfs_period_us").write_text("100000\n")

        assert machine() == Machine(cores=1, memory_mb=300)


class TestDatabase:
    @pytest.mark.parametrize(
        ("memory_mb", "shared_mb"),
        [(512, 128), (4 * _GB, 512), (24 * _GB, 3072), (256 * _GB, 4096)],
    )
    def test_has_a_share_of_the_memory(self, memory_mb: int, shared_mb: int) -> None:
        assert f"shared_buffers = {shared_mb}MB\n" in sized(memory_mb)
