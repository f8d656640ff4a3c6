"""What storage, networks and enemies do to bytes; each takes a file and a source of chance."""

import random
import re
import struct
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

_HEAD = 512
_EXTREMES = (0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NAME = re.compile(rb"[a-z]{3}[a-z0-9 ]")


def cut(data: bytes, rng: random.Random) -> bytes:
    """Lose the end."""
    return data[: rng.randrange(1, len(data))]


def cut_head(data: bytes, rng: random.Random) -> bytes:
    """Lose the beginning."""
    return data[rng.randrange(1, min(len(data), 4 * _HEAD)) :]


def flip_head(data: bytes, rng: random.Random) -> bytes:
    """Turn bits where headers are."""
    return _flip(data, rng, 0, min(len(data), _HEAD))


def flip_tail(data: bytes, rng: random.Random) -> bytes:
    """Turn bits where indexes are."""
    return _flip(data, rng, len(data) * 3 // 4, len(data))


def flip_anywhere(data: bytes, rng: random.Random) -> bytes:
    """Turn bits in packets, mostly."""
    return _flip(data, rng, 0, len(data))


def overwrite(data: bytes, rng: random.Random) -> bytes:
    """Lose a span to zeros, ones or noise."""
    start, stop = _span(data, rng)
    length = stop - start
    fill = rng.choice([bytes(length), b"\xff" * length, rng.randbytes(length)])
    return data[:start] + fill + data[stop:]


def drop(data: bytes, rng: random.Random) -> bytes:
    """Lose a span, and all after it moves."""
    start, stop = _span(data, rng)
    return data[:start] + data[stop:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Have a span twice."""
    start, stop = _span(data, rng)
    at = rng.randrange(len(data))
    return data[:at] + data[start:stop] + data[at:]


def lie(data: bytes, rng: random.Random) -> bytes:
    """State another number before or behind a four-letter name: sizes, counts, versions."""
    names = [found.start() for found in _NAME.finditer(data)]
    at = rng.choice(names) + rng.choice([-4, 4, 8, 12, 16]) if names else 0
    at = min(max(at, 0), max(len(data) - 4, 0))
    return data[:at] + struct.pack(">I", rng.choice(_EXTREMES)) + data[at + 4 :]


MUTATIONS: tuple[Mutation, ...] = (
    cut, cut_head, flip_head, flip_tail, flip_anywhere, overwrite, drop, repeat, lie,
)  # fmt: skip


def _flip(data: bytes, rng: random.Random, start: int, stop: int) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 4, 16, 64])):
        changed[rng.randrange(start, max(stop, start + 1))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.choice([1, 16, 256, 4096]))
