"""Weighs what was seen of a candidate into a probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp


@dataclass(frozen=True)
class Logistic:
    """A logistic regression: how much each measure speaks for a boundary."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, seen: Mapping[str, float]) -> float:
        """Return 0..1, to three digits. Raises `KeyError` where a measure has no weight."""
        evidence = self.bias + sum(self.weights[name] * value for name, value in seen.items())
        return round(1 / (1 + exp(-max(min(evidence, 30.0), -30.0))), 3)
