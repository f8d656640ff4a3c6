"""A measured figure beside what it is held against, and percentiles."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`ratio` is what counts; a machine's absolute numbers tell little about another's."""

    what: str
    measured: str
    against: str
    ratio: float
    aim: str = ""


def p50_p95(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
