"""Runs of hashes that are alike at one distance in time."""

import numpy as np

from pipeline.media.matching import Steps, find_runs, steps
from pipeline.results import Signature
from tests.hashes import moving, recoded

EVERY = range(-200, 200)


def found(own: Steps, other: Steps) -> list[tuple[int, int, int]]:
    return [(run.start, run.other_start, run.steps) for run in find_runs(own, other, EVERY)]


class TestFindRuns:
    def test_finds_an_excerpt_to_the_step(self) -> None:
        whole = moving(1, 100)

        runs = find_runs(recoded(whole[30:60]), whole, EVERY)

        assert [(run.start, run.other_start, run.steps) for run in runs] == [(0, 30, 30)]
        assert runs[0].confidence > 0.8

    def test_ends_where_the_pictures_differ(self) -> None:
        whole = moving(1, 100)
        news = np.concatenate([moving(2, 20), recoded(whole[40:70]), moving(3, 20)])

        assert found(news, whole) == [(20, 40, 30)]

    def test_goes_on_behind_what_was_laid_over(self) -> None:
        whole, copy = moving(1, 60), recoded(moving(1, 60))
        copy[30:34] = moving(4, 4)

        assert found(copy, whole) == [(0, 0, 60)]

    def test_goes_on_behind_black(self) -> None:
        whole, copy = moving(1, 60), recoded(moving(1, 60))
        copy[30:33] = whole[31:34] = 0

        assert found(copy, whole) == [(0, 0, 60)]

    def test_a_long_gap_divides_it(self) -> None:
        whole, copy = moving(1, 60), recoded(moving(1, 60))
        copy[30:34] = whole[31:35] = 0

        assert found(copy, whole) == [(0, 0, 30), (35, 35, 25)]

    def test_finds_what_is_shown_twice(self) -> None:
        once = moving(1, 30)
        twice = np.concatenate([recoded(once), moving(2, 30), once])

        assert sorted(found(once, twice)) == [(0, 0, 30), (0, 60, 30)]

    def test_finds_nothing_in_other_pictures(self) -> None:
        assert found(moving(1, 100), moving(2, 100)) == []

    def test_a_still_picture_proves_nothing(self) -> None:
        still = np.repeat(moving(1, 1), 100, axis=0)

        assert found(recoded(still), still) == []

    def test_nor_does_one_camera_at_two_times(self) -> None:
        """What moves before it differs, what stands still is the same."""
        scene = moving(1, 1)
        moves = np.uint8(0x11)
        morning, evening = scene ^ (moving(2, 60) & moves), scene ^ (moving(3, 60) & moves)

        assert found(morning, evening) == []

    def test_nor_do_two_seconds(self) -> None:
        whole = moving(1, 60)

        assert found(whole[20:27], whole) == []
        assert found(whole[20:28], whole) == [(0, 20, 8)]


class TestSteps:
    def test_places_signatures_by_their_time(self) -> None:
        one, two = b"\1" * 64, b"\2" * 32

        placed = steps([Signature(250, 750, one, two), Signature(1000, 1200, two, one)])

        assert placed[:, 0].tolist() == [0, 1, 1, 0, 2]
        assert steps([]).shape == (0, 32)
