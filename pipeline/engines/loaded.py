"""What engines have loaded: kept for the life of the process, given up when memory gets short.

A process loads a model at its first use, and every later stage that wants it has it. What was
used longest ago goes first, as soon as little is left of what the process may take, or of the
machine's memory; one that a stage still holds goes when the stage lets go of it.
"""

import ctypes
import gc
import logging
import resource
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

E = TypeVar("E")

# Small on purpose: what is given up comes back as memory, but little of it as address space, which
# native code keeps. A process that does run out in a stage is replaced, and the stage tried again.
_ROOM_BYTES = 256 << 20
_NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    "cannot allocate",
    "out of memory",
    "alloc_failed",  # of cuBLAS and cuDNN
)
# The one of these that bounds the process (`pipeline.child`), and where /proc/self/statm tells
# what counts: its address space, or on a GPU what of it can be written.
_COUNTED = {resource.RLIMIT_AS: 0, resource.RLIMIT_DATA: 5}

_kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()


def loaded(load: Callable[..., E], *key: Hashable) -> E:
    """Return `load(*key)`, from memory where it has been called so before.

    Raises what `load` does, and `MemoryError` where there is no room with all else given up.
    """
    whole = (load, *key)
    if whole in _kept:
        _kept.move_to_end(whole)
    while _kept and next(iter(_kept)) != whole and _left_bytes() < _ROOM_BYTES:
        _give_up_oldest()
    if whole not in _kept:
        _kept[whole] = _first_time(load, key)
    engine: E = _kept[whole]
    return engine


def _first_time(load: Callable[..., E], key: tuple[Hashable, ...]) -> E:
    """Load; where memory is out, once more with all else given up."""
    try:
        return load(*key)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        logger.info("No memory for %s: all other models are given up.", load.__qualname__)
    # Outside of the handler: what failed is gone by now.
    give_up_all()
    try:
        return load(*key)
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise


def give_up_all() -> None:
    """Forget every model: the next that wants one loads it."""
    if _kept:
        logger.info("All models are given up.")
        _kept.clear()
        _collect()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an engine failed for want of memory: each library says so in its own way."""
    said = str(error).casefold()
    return isinstance(error, MemoryError) or any(words in said for words in _NO_MEMORY)


def _give_up_oldest() -> None:
    oldest = next(iter(_kept))
    logger.info("Memory is short: %s is given up.", oldest[0].__qualname__)
    del _kept[oldest]
    _collect()


def _collect() -> None:
    gc.collect()  # engines refer to themselves in circles
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def _left_bytes() -> int:
    """Return how much this process may still take, by its limits and of the machine."""
    return min(*(_left_of(limit) for limit in _COUNTED), _available_bytes())


def _left_of(limit: int) -> int:
    soft, _ = resource.getrlimit(limit)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft - _taken_bytes(_COUNTED[limit])


def _taken_bytes(column: int) -> int:
    try:
        pages = Path("/proc/self/statm").read_text().split()[column]
    except OSError:  # no Linux: the machine's memory alone counts
        return 0
    return int(pages) * resource.getpagesize()


def _available_bytes() -> int:
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return sys.maxsize
