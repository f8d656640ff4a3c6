import numpy as np

from pipeline.media.strokes import edges, shrunk, strokes
from pipeline.media.text_changes import Changes, Unseen
from pipeline.media.text_searches import Look, Sheet, missed, plan

HEIGHT = 720
RNG = np.random.default_rng(5)
WORDS = RNG.integers(0, 2, (24, 240, 1), np.uint8).repeat(3, axis=2) * 255


def thing(since: int, until: int, top: float, weight: float = 1.0) -> Unseen:
    return Unseen(since, since, until, top, top + 60, 0.0, weight)


def picture(*places: tuple[int, int]) -> np.ndarray:
    """Return a plain picture of 480 × 360 with something like text at (x, y)."""
    drawn = np.full((360, 480, 3), 90, np.uint8)
    for x, y in places:
        drawn[y : y + 24, x : x + 240] = WORDS
    return drawn


def seen(pictures: list[np.ndarray], every_ms: int = 500) -> list[Unseen]:
    """Return what goes unseen in the pictures, or stands to their end."""
    changes = Changes(brief_ms=750)
    unseen: list[Unseen] = []
    for number, shown in enumerate(pictures):
        steepest = edges(shrunk(shown))
        unseen += changes.step(number * every_ms, steepest, strokes(steepest))
    return unseen + changes.flush(len(pictures) * every_ms)


class TestPlan:
    def test_sees_in_one_sample_what_is_there_together(self) -> None:
        sheet, left = plan([thing(0, 6, 100), thing(3, 9, 500)], HEIGHT, HEIGHT)

        assert len({look.number for look in sheet.looks}) == 1
        assert not left

    def test_sees_each_of_those_that_follow_each_other(self) -> None:
        sheet, _ = plan([thing(0, 3, 600), thing(3, 6, 600)], HEIGHT, HEIGHT)

        assert [look.number // 3 for look in sheet.looks] == [0, 1]
        assert all(look.top < 600 < 660 < look.bottom for look in sheet.looks)

    def test_leaves_out_the_lightest_where_rows_are_few_and_says_so(self) -> None:
        unseen = [thing(0, 3, 600, 9), thing(3, 6, 600, 1)]

        sheet, left = plan(unseen, HEIGHT, 170)

        assert [look.number // 3 for look in sheet.looks] == [0]
        assert missed(unseen, left) == {3, 4, 5}


class TestSheet:
    def test_finds_the_place_of_a_box_in_its_sample(self) -> None:
        looks = [Look(4, 600, 700), Look(9, 50, 90)]
        sheet = Sheet(looks)

        drawn = sheet.draw([np.zeros((720, 1280, 3), np.uint8)] * 2)
        places = [sheet.place((10, y, 100, 20)) for y in (30, 130)]

        assert drawn.shape[0] == 140 + 2 * 12
        assert places == [(looks[0], (10, 630, 100, 20)), (looks[1], (10, 68, 100, 20))]


class TestChanges:
    def test_tells_once_of_what_comes_stays_and_goes(self) -> None:
        [one] = seen([picture()] * 2 + [picture((100, 200))] * 4 + [picture()] * 2)

        assert (one.since, one.until) == (2, 6)
        assert one.top < 212 < one.bottom

    def test_passes_over_what_is_brief(self) -> None:
        assert seen([picture(), picture((100, 200)), picture(), picture()]) == []

    def test_takes_what_moves_for_one_thing(self) -> None:
        rising = [picture((100, 300 - 40 * step)) for step in range(6)]

        [one] = seen([picture(), *rising])

        assert (one.since, one.until) == (1, 7)
        top, bottom = one.rows(one.until - 1)
        assert top < 112 < bottom

    def test_tells_what_takes_the_place_of_another(self) -> None:
        other = picture((100, 200))[:, ::-1]

        unseen = seen([picture((100, 200))] * 3 + [other] * 3)

        assert {(0, 3), (3, 6)} <= {(one.since, one.until) for one in unseen}
