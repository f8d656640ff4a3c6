"""Two rankings made one, by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from uuid import UUID

By = Literal["lexical", "semantic"]

_SHARES: Mapping[By, float] = {"lexical": 1.0, "semantic": 0.6}
"""How much a place in either list counts. Who has all the words is seldom wrong, while something
is always nearest in meaning: so words count more."""
_K = 10
"""How slowly a place loses worth: the n-th counts 1 / (K + n). Lists are short and their heads
good, so less than the usual 60."""


class Candidate(NamedTuple):
    """A passage in a list of one kind, best first."""

    id: int
    video_id: UUID
    start_ms: int
    weight: float
    kind: str = ""
    language: str = ""
    label: str | None = None
    """Of things and sounds."""


@dataclass
class Ranked:
    """A passage in the common list."""

    candidate: Candidate
    score: float = 0.0
    """0..1."""
    matched_by: list[By] = field(default_factory=list)


def fused(lists: Mapping[By, Sequence[Candidate]]) -> list[Ranked]:
    """Return what is in any of the lists, best first, the same at every call.

    What is trusted less counts less.
    """
    best = sum(_SHARES.values()) / (_K + 1)
    found: dict[int, Ranked] = {}
    for by, candidates in lists.items():
        for place, candidate in enumerate(candidates, 1):
            one = found.setdefault(candidate.id, Ranked(candidate))
            one.score += candidate.weight * _SHARES[by] / (_K + place) / best
            one.matched_by.append(by)
    return sorted(found.values(), key=_order)


def _order(one: Ranked) -> tuple[float, UUID, int, int]:
    candidate = one.candidate
    return -one.score, candidate.video_id, candidate.start_ms, candidate.id
