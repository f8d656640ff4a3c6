"""Candidates with what is true of them, and the weights that follow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.fit_shots.reel import Join, Transition
from pipeline.engines.shots import cuts, gradual
from pipeline.engines.shots.gradual import Span
from pipeline.engines.shots.model import Logistic
from pipeline.engines.shots.strip import Film

NEAR = 2
"""Pictures that a cut may be told away from where it is."""
OVERLAP = 0.4
"""Share that a dissolve and its candidate have in common at least, of the longer."""
RIDGE = 1.0
STEPS = 40

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Example:
    """A candidate of one search."""

    search: Transition
    seen: Mapping[str, float]
    true: bool


def examples(film: Film, joins: Sequence[Join]) -> Iterator[Example]:
    """Yield what each search proposes in a film; what is neither true nor false is left out."""
    yield from _cuts(film, joins)
    hard = [j.start for j in joins if j.transition == "cut"]
    fades = [j for j in joins if j.transition == "fade"]
    for span in gradual.dissolves(film):
        mixed = [j for j in joins if j.transition == "dissolve" and _meet(span, j)]
        true = any(_overlap(span, j) >= OVERLAP for j in mixed)
        half = mixed and not true
        others = any(span.before < at <= span.after for at in hard)
        if not (half or others or any(_meet(span, j) for j in fades)):
            yield Example("dissolve", gradual.features(film, span), true)
    for span in gradual.fades(film):
        true = any(j.start <= span.middle <= j.end for j in fades)
        yield Example("fade", gradual.fade_features(film, span), true)


def _cuts(film: Film, joins: Sequence[Join]) -> Iterator[Example]:
    usual = cuts.usual(film)
    for place in cuts.candidates(film).tolist():
        at = int(film.distinct[place])
        near = [j for j in joins if j.start - NEAR <= at <= j.end + NEAR]
        if all(j.transition == "cut" for j in near):
            yield Example("cut", cuts.features(film, place, usual), bool(near))


def _meet(span: Span, join: Join) -> bool:
    return span.before < join.end + 2 and join.start - 2 < span.after


def _overlap(span: Span, join: Join) -> float:
    shared = min(join.end, span.after) - max(join.start - 1, span.before)
    return shared / max(join.end - join.start + 1, span.after - span.before)


def fit(seen: Sequence[Example]) -> Logistic:
    """Return the ridge regression of one search's examples, by Newton's method.

    Raises `ValueError` where all of them are true, or none is.
    """
    if len({example.true for example in seen}) < 2:
        raise ValueError("To fit, some candidates must be true and some false: give more clips.")
    names = list(seen[0].seen)
    measures = np.array([[example.seen[name] for name in names] for example in seen])
    true = np.array([example.true for example in seen], float)
    mean, spread = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    x = np.c_[(measures - mean) / spread, np.ones(len(true))]
    ridge = np.diag([RIDGE] * len(names) + [0.0])  # the bias is free
    weights = np.zeros(len(names) + 1)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(x @ weights).clip(-30, 30)))
        curve = x.T @ (x * (p * (1 - p) + 1e-6)[:, None]) + ridge
        weights += np.linalg.solve(curve, x.T @ (true - p) - ridge @ weights)
    plain = weights[:-1] / spread
    bias = float(weights[-1] - plain @ mean)
    return Logistic(
        round(bias, 2), {n: round(float(w), 2) for n, w in zip(names, plain, strict=True)}
    )


def as_python(name: str, model: Logistic) -> str:
    """Return a model as the code that makes it."""
    lines = (f'        "{measure}": {weight:.2f},\n' for measure, weight in model.weights.items())
    return f"{name} = Logistic(\n    {model.bias:.2f},\n    {{\n{''.join(lines)}    }},\n)"
