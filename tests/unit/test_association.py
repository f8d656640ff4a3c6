"""Who goes on as whom where several meet, and what one picture shows twice."""

from itertools import pairwise

from pipeline.media.tracking import Look, Tracking, follow
from pipeline.results import Box, Sighting, Track

GAP_MS = 160
RED, BLUE, GREY = bytes([200, 50, 0, 0]), bytes([0, 0, 50, 200]), bytes([0, 120, 120, 0])


def seen(
    x: float,
    colours: bytes = b"",
    confidence: float = 0.8,
    width: float = 0.1,
    label: str = "person",
) -> Sighting:
    return Sighting((x, 0.4, width, 0.3), confidence, label, colours)


def tracked(*looks: list[Sighting]) -> list[Track]:
    """Follow what was seen in looks `GAP_MS` apart."""
    taken: list[Look] = [(number * GAP_MS, look) for number, look in enumerate(looks)]
    tracking = Tracking(sure=0.5, likely=0.1, bridge_ms=1500)
    return list(follow(taken, cuts=[], end_ms=len(looks) * GAP_MS, tracking=tracking))


def places(tracks: list[Track]) -> list[list[float]]:
    return sorted([round(detection.box[0], 2) for detection in track.boxes] for track in tracks)


class TestColours:
    def test_tell_apart_who_meet_and_turn_back(self) -> None:
        left, right = [0.2, 0.25, 0.3, 0.33, 0.3, 0.25], [0.5, 0.45, 0.4, 0.36, 0.4, 0.45]

        tracks = tracked(*([seen(a, RED), seen(b, BLUE)] for a, b in zip(left, right, strict=True)))

        assert places(tracks) == [left, right]

    def test_tell_apart_who_change_places(self) -> None:
        left, right = [0.3, 0.3, 0.3, 0.36, 0.36], [0.36, 0.36, 0.36, 0.3, 0.3]

        tracks = tracked(*([seen(a, RED), seen(b, BLUE)] for a, b in zip(left, right, strict=True)))

        assert places(tracks) == [left, right]

    def test_begin_another_where_somebody_else_stands_close_by(self) -> None:
        first, second = [[seen(0.3, RED)]] * 4, [[seen(0.37, BLUE)]] * 4

        assert places(tracked(*first, *second)) == [[0.3] * 4, [0.37] * 4]

    def test_may_change_where_nothing_moves(self) -> None:
        light, dark = [[seen(0.3, RED)]] * 4, [[seen(0.31, BLUE)]] * 4

        assert places(tracked(*light, *dark)) == [[0.3] * 4 + [0.31] * 4]

    def test_change_least_where_another_fits_better(self) -> None:
        alone = [[seen(0.3, RED)]] * 4
        both = [[seen(0.31, BLUE, 0.9), seen(0.35, RED)]] * 4

        assert places(tracked(*alone, *both)) == [[0.3] * 4 + [0.35] * 4, [0.31] * 4]

    def test_of_many_small_steps_are_one_thing(self) -> None:
        steps = [bytes([200 - 20 * n, 20 * n, 0, 0]) for n in range(10)]

        (track,) = tracked(*([seen(0.1 + 0.04 * n, colours)] for n, colours in enumerate(steps)))

        assert all(b.at_ms - a.at_ms == GAP_MS for a, b in pairwise(track.boxes))


class TestOneThingTwice:
    def test_is_the_surer_where_one_lies_within_the_other(self) -> None:
        looks = [[seen(0.3, GREY, 0.9), seen(0.3, GREY, 0.6, width=0.17)]] * 3

        (track,) = tracked(*looks)

        assert {detection.confidence for detection in track.boxes} == {0.9}

    def test_is_not_somebody_small_before_somebody_large(self) -> None:
        large: Box = (0.2, 0.1, 0.4, 0.8)
        looks = [[Sighting(large, 0.9, "person", GREY), seen(0.3, RED)]] * 3

        assert len(tracked(*looks)) == 2

    def test_is_not_a_bag_that_somebody_holds(self) -> None:
        looks = [[seen(0.3, GREY, 0.9), seen(0.3, RED, width=0.06, label="handbag")]] * 3

        assert len(tracked(*looks)) == 2
