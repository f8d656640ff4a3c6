"""Waiting in tests, in one way: as long as a slow machine needs that has much else to do.

Patience costs nothing where things go well, and a failure here must mean that something is wrong.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Less than the time that a test has: this says what was waited for.
PATIENCE_S = 600.0


def until(look: Callable[[], T | None], *, meanwhile: Callable[[], object] = lambda: None) -> T:
    """Look again and again until there is something to see, and return it."""
    late_at = time.monotonic() + PATIENCE_S
    while not (seen := look()):
        assert time.monotonic() < late_at, f"in vain: {seen!r} after {PATIENCE_S:.0f} s"
        meanwhile()
        time.sleep(0.05)
    return seen
