"""What NVIDIA's driver takes to compute with CUDA, gathered from those who confined it.

Decision 40 names them. It initialises whole or not at all: where one of these is refused it says
"OS call failed" (304), or that there is no GPU.
"""

from dataclasses import dataclass
from pathlib import Path

_SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps")

_READ = (
    "/proc/driver/nvidia", "/proc/driver/nvidia-uvm", "/sys/module/nvidia", "/sys/module/nvidia_uvm",
    "/proc/devices", "/proc/modules", "/proc/filesystems",
    "/proc/sys/vm/mmap_min_addr", "/proc/sys/vm/overcommit_memory",
    # Libraries of CUDA that no package brought; /usr/lib and Python's own are read by all.
    "/usr/local/cuda", "/usr/local/nvidia",
)  # fmt: skip

# It names its threads there; whatever else lies there is this process's own, too.
_OWN_THREADS = Path("/proc/self/task")


@dataclass(frozen=True)
class Gpu:
    """The GPUs that a process may use; false where it may use none."""

    devices: tuple[Path, ...] = ()
    """The device files by which they are reached."""

    def __bool__(self) -> bool:
        return bool(self.devices)

    @property
    def read(self) -> tuple[Path, ...]:
        """What the process has to read beside what every stage may."""
        return tuple(map(Path, _READ)) if self.devices else ()

    @property
    def use(self) -> tuple[Path, ...]:
        """What it has to open for writing, and to control."""
        return (*self.devices, _OWN_THREADS) if self.devices else ()


def devices(folder: Path = Path("/dev")) -> tuple[Path, ...]:
    """Return the files that reach this machine's GPUs; empty where it has none."""
    gpus = sorted(folder.glob("nvidia[0-9]*"))
    return (*gpus, *(folder / name for name in _SHARED)) if gpus else ()
