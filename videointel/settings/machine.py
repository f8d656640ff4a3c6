"""How many stages at once this machine bears, and with how much memory each."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")

# For the database, the web server, light stages and the rest of a small machine.
_OTHERS_MB = 1024
# Address space of the process that has run every stage, models loaded; measured: 2.1 GiB.
_STAGES_MB = 2560
_LEAST_MB = 2048
# One that takes more has run away, whatever the machine has.
_MOST_MB = 6144


@dataclass(frozen=True)
class Machine:
    """What this process may use of it: control groups and affinity count."""

    cores: int
    memory_mb: int

    def workers(self) -> int:
        """Return how many heavy stages at once keep its cores busy and fit into its memory."""
        for_cores = self.cores if self.cores <= 2 else max(2, self.cores // 2)
        for_memory = (self.memory_mb - _OTHERS_MB) // _STAGES_MB
        return max(1, min(for_cores, for_memory))

    def threads(self, workers: int) -> int:
        """Return how many threads each of `workers` stages may have."""
        return max(1, self.cores // max(1, workers))

    def child_memory_mb(self, workers: int) -> int:
        """Return the share of the memory that each of `workers` stages may take, MiB."""
        share = (self.memory_mb - _OTHERS_MB) // max(1, workers)
        return min(_MOST_MB, max(_LEAST_MB, share))


def machine() -> Machine:
    """Look at the machine."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cores=max(1, int(min([float(allowed or 1), *_cpu_quotas()]))),
        memory_mb=min([total, *_memory_limits()]) >> 20,
    )


def _memory_limits() -> Iterator[int]:
    """Yield the limits of our control groups, of either version, bytes."""
    for folder in _groups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            # "max": there is none.
            with suppress(OSError, ValueError):
                yield int((folder / name).read_text())


def _cpu_quotas() -> Iterator[float]:
    """Yield how many processors our control groups may keep busy."""
    for folder in _groups("cpu"):
        with suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with suppress(OSError, ValueError):
            if (quota_us := int((folder / "cpu.cfs_quota_us").read_text())) > 0:
                yield quota_us / int((folder / "cpu.cfs_period_us").read_text())


def _groups(controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups that we are in, up to the roots."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            root = _CGROUPS / controllers
            own = root / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(root))
