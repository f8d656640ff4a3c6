"""Composes, fits, counts and prints: `python -m eval.fit_shots FOLDER`; see `eval.fit_shots`."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from unittest.mock import patch

import cv2

from eval.fit_shots.fitting import NEAR, as_python, examples, fit
from eval.fit_shots.material import Material
from eval.fit_shots.reel import Join, Transition
from eval.fit_shots.troubles import RECIPES
from eval.scores import Tally, paired
from pipeline.engines.shots import Boundary, cuts, find_boundaries, gradual, strip
from pipeline.engines.shots.model import Logistic
from pipeline.engines.shots.strip import Strip, Times
from pipeline.stages.detect_shots import DetectShots

ROUNDS = 2
"""Films of each trouble."""
PLACES: Mapping[Transition, tuple[ModuleType, str]] = {
    "cut": (cuts, "MODEL"),
    "dissolve": (gradual, "DISSOLVE"),
    "fade": (gradual, "FADE"),
}

Models = Mapping[Transition, Logistic]


@dataclass(frozen=True)
class Composed:
    trouble: str
    strip: Strip
    times: Times
    joins: tuple[Join, ...]


def main() -> None:
    """Print how both halves are cut with the committed weights and with new ones, and these."""
    parser = argparse.ArgumentParser(prog="python -m eval.fit_shots", description=__doc__)
    parser.add_argument("folder", type=Path, help="has tune/ and held/: clips and photographs")
    folder = parser.parse_args().folder
    cv2.setNumThreads(1)
    halves = {
        half: list(composed(Material(folder / half, seed)))
        for seed, half in enumerate(("tune", "held"))
    }
    models = fitted(halves["tune"])
    for half, films in halves.items():
        print(f"{half}: found/false/missed with the committed weights, with the new ones")
        _print_counts(films, models)
    for search, (_, name) in PLACES.items():
        print(as_python(name, models[search]))


def composed(of: Material) -> Iterator[Composed]:
    """Yield each trouble as the product's decoder sees it."""
    with TemporaryDirectory(prefix="videointel-fit-") as folder:
        for recipe in RECIPES * ROUNDS:
            reel = recipe(of)
            seen, times = reel.decoded(Path(folder) / "film.mp4")
            yield Composed(recipe.__name__.replace("_", " "), seen, times, reel.joins)


def fitted(films: list[Composed]) -> Models:
    """Return the weights of each search. Raises `ValueError` where there is too little to fit."""
    seen = [
        example
        for film in films
        for example in examples(strip.read(film.strip, film.times, lambda _: None), film.joins)
    ]
    return {search: fit([e for e in seen if e.search == search]) for search in PLACES}


@contextmanager
def _using(models: Models) -> Iterator[None]:
    """Weigh by other models for a while."""
    with ExitStack() as stack:
        for search, model in models.items():
            stack.enter_context(patch.object(*PLACES[search], model))
        yield


def count(film: Composed, models: Models) -> Tally:
    """Count boundaries, each once; `models` replace the committed ones."""
    stage = DetectShots()
    with _using(models):
        found = find_boundaries(
            film.strip,
            film.times,
            min_confidence=stage.min_confidence,
            min_shot_ms=stage.min_shot_ms,
        )
    return paired(found, film.joins, _is)


def _is(found: Boundary, true: Join) -> bool:
    if true.transition == "cut":
        return abs(found.index - true.start) <= NEAR
    return found.before < true.end and true.start <= found.after


def _print_counts(films: list[Composed], models: Models) -> None:
    both: dict[str, tuple[Tally, Tally]] = {}
    for film in films:
        counts = count(film, {}), count(film, models)
        for name in (film.trouble, "all"):
            old, new = both.get(name, (Tally(), Tally()))
            both[name] = old + counts[0], new + counts[1]
    for name in sorted(both, key="all".__eq__):  # the sum last
        print(f"  {name:16}", *(f"{_told(tally):>12}" for tally in both[name]))


def _told(tally: Tally) -> str:
    return f"{tally.hit}/{tally.found - tally.right}/{tally.there - tally.hit}"


if __name__ == "__main__":
    main()
