"""What engines keep in memory, and what they give up."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.engines import loaded as memory
from pipeline.engines.loaded import give_up_all, is_out_of_memory, loaded

# A process that has room for two of the three "models", by the limit that its argument names.
_IN_A_BOUNDED_PROCESS = """
import mmap, resource, sys
from pipeline.engines import loaded as memory
memory._ROOM_BYTES = 300 << 20
limit = getattr(resource, sys.argv[1])
taken = memory._taken_bytes(memory._COUNTED[limit])
resource.setrlimit(limit, (taken + (850 << 20), resource.RLIM_INFINITY))

def take(size):
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

class Model:
    def __init__(self, name):
        print("load", name)
        self.weights = take(300 << 20)
        self.circle = self

for name in "a", "b", "a", "c", "a", "b":
    memory.loaded(Model, name)
memory.loaded(take, 700 << 20)
print("kept", len(memory._kept))
"""


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    give_up_all()
    yield
    give_up_all()


class Engine:
    def __init__(self, name: str) -> None:
        self.name = name


def failing(times: int, error: Exception) -> Callable[[str], Engine]:
    """Return a loader that fails so many times first."""
    left = [error] * times

    def load(name: str) -> Engine:
        if left:
            raise left.pop()
        return Engine(name)

    return load


class TestLoaded:
    def test_loads_each_once(self) -> None:
        first = loaded(Engine, "a")

        assert loaded(Engine, "a") is first
        assert loaded(Engine, "b") is not first

    def test_gives_up_what_was_used_longest_ago(self, monkeypatch: pytest.MonkeyPatch) -> None:
        a, b = loaded(Engine, "a"), loaded(Engine, "b")
        assert loaded(Engine, "a") is a
        left = iter([0, 1 << 40])
        monkeypatch.setattr(memory, "_left_bytes", lambda: next(left))

        loaded(Engine, "c")
        monkeypatch.undo()

        assert loaded(Engine, "a") is a
        assert loaded(Engine, "b") is not b

    def test_keeps_the_one_that_is_wanted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        a = loaded(Engine, "a")
        loaded(Engine, "b")
        monkeypatch.setattr(memory, "_left_bytes", lambda: 0)

        assert loaded(Engine, "a") is a
        assert len(memory._kept) == 1

    def test_tries_again_with_all_else_given_up(self) -> None:
        loaded(Engine, "a")

        loaded(failing(1, MemoryError("std::bad_alloc")), "b")

        assert len(memory._kept) == 1

    def test_says_that_memory_is_out_in_one_way(self) -> None:
        with pytest.raises(MemoryError):
            loaded(failing(2, RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc")), "b")

        assert not memory._kept

    def test_passes_other_failures_on_at_once(self) -> None:
        a = loaded(Engine, "a")

        with pytest.raises(ValueError, match="no such graph"):
            loaded(failing(1, ValueError("no such graph")), "b")

        assert loaded(Engine, "a") is a

    @pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")
    @pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
    def test_stays_within_the_limit_of_its_process(self, limit: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", _IN_A_BOUNDED_PROCESS, limit],
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        # b goes for c, c for b; the last needs room that only all of them together have.
        assert done.stdout.split("\n")[:-1] == ["load a", "load b", "load c", "load b", "kept 1"]


class TestOutOfMemory:
    @pytest.mark.parametrize(
        ("error", "answer"),
        [
            (MemoryError(), True),
            (RuntimeError("CUDA failed with error out of memory"), True),
            (RuntimeError("Failed to allocate memory for requested buffer"), True),
            (RuntimeError("Invalid rank for input"), False),
        ],
    )
    def test_is_told_from_other_failures(self, error: Exception, answer: bool) -> None:
        assert is_out_of_memory(error) is answer
