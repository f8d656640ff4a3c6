"""Weights of shot detection that are fitted on drawn films tell cuts from flashes."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from eval.fit_shots.fitting import Example, as_python, examples, fit
from eval.fit_shots.material import Material
from eval.fit_shots.reel import Join, Reel, blend, cuts
from eval.fit_shots.troubles import WHITE
from pipeline.engines.shots import strip
from pipeline.engines.shots.model import Logistic
from tests import clips

FLASHES = (20, 60, 61, 100)


def film(seeds: range) -> Reel:
    shots = [[clips.scene(seed, step) for step in range(40)] for seed in seeds]
    return cuts(shots).painted(lambda i, p: blend(p, WHITE, 0.8) if i in FLASHES else p)


def seen(reel: Reel) -> list[Example]:
    tiny = [cv2.resize(p, (48, 27), interpolation=cv2.INTER_AREA) for p in reel.shots]
    times = np.arange(len(tiny)) * 40
    read = strip.read(np.array(tiny, np.uint8), times, lambda _: None)
    return [example for example in examples(read, reel.joins) if example.search == "cut"]


def test_a_fit_separates_what_it_never_saw() -> None:
    model = fit(seen(film(range(4))))
    unknown = seen(film(range(4, 8)))
    assert {example.true for example in unknown} == {True, False}
    assert all((model.probability(e.seen) > 0.5) == e.true for e in unknown)


def test_what_is_all_true_is_refused() -> None:
    with pytest.raises(ValueError, match="some false"):
        fit([Example("cut", {"pattern": 1.0}, True)] * 3)


def test_a_model_is_printed_as_the_code_that_makes_it() -> None:
    model = Logistic(-1.5, {"pattern": 2.25})
    told: dict[str, Logistic] = {}
    exec(as_python("MODEL", model), {"Logistic": Logistic}, told)  # noqa: S102  our own code, just printed
    assert told["MODEL"] == model


def test_films_know_where_they_are_joined() -> None:
    shots = [[clips.scene(seed, step) for step in range(20)] for seed in range(4)]
    reel = cuts(shots[:2]).dissolve(shots[2], 8).fade(shots[3], 5, 2, 4, 0)
    assert reel.joins == (Join("cut", 20, 20), Join("dissolve", 32, 40), Join("fade", 47, 58))
    assert len(reel.shots) == 20 + 20 + 12 + 22
    assert not reel.shots[52].any()
    twice = reel.showing([i for i in range(len(reel.shots)) for _ in (0, 1)])
    assert twice.joins[0] == Join("cut", 40, 40)


def test_a_camera_turns_back_without_a_jump(tmp_path: Path) -> None:
    for name in "ab":
        rng = np.random.default_rng(ord(name))
        noise = rng.integers(0, 255, (12, 20, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), cv2.resize(noise, (480, 270)))
        clips.write(tmp_path / f"{name}.mp4", (clips.scene(ord(name), i) for i in range(10)))
    shot = Material(tmp_path, 1).photographed(120, "fast pan")
    steps = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(shot)]
    assert max(steps) < 3 * float(np.median(steps)) + 1
