"""From sightings in single pictures to tracks."""

from dataclasses import replace
from itertools import pairwise

from pipeline.media.tracking import Look, Tracking, follow
from pipeline.results import Box, Sighting, Track

GAP_MS = 160
TRACKING = Tracking(sure=0.5, likely=0.1, bridge_ms=1500)


def seen(x: float, confidence: float = 0.8, label: str = "bottle") -> Sighting:
    return Sighting((x, 0.4, 0.1, 0.2), confidence, label)


def tracked(*looks: list[Sighting], cuts: tuple[int, ...] = ()) -> list[Track]:
    """Follow what was seen in looks `GAP_MS` apart; they end as long after the last."""
    taken: list[Look] = [(number * GAP_MS, look) for number, look in enumerate(looks)]
    return list(follow(taken, cuts=cuts, end_ms=len(looks) * GAP_MS, tracking=TRACKING))


class TestFollow:
    def test_makes_one_track_of_one_moving_thing(self) -> None:
        (track,) = tracked(*([seen(0.1 + 0.05 * step)] for step in range(10)))

        assert (track.label, track.start_ms, track.end_ms) == ("bottle", 0, 10 * GAP_MS)
        assert [box.at_ms for box in track.boxes] == list(range(0, 10 * GAP_MS, GAP_MS))
        assert track.confidence == 0.8

    def test_keeps_things_apart_that_pass_each_other(self) -> None:
        passing = ([seen(0.1 + 0.08 * step), seen(0.82 - 0.08 * step)] for step in range(10))

        tracks = tracked(*passing)

        assert sorted(round(track.boxes[-1].box[0], 2) for track in tracks) == [0.1, 0.82]
        assert {round(track.boxes[0].box[0], 2) for track in tracks} == {0.1, 0.82}
        assert all(_is_straight([d.box for d in track.boxes]) for track in tracks)

    def test_ends_with_the_first_look_without_it(self) -> None:
        (track,) = tracked([], [seen(0.1)], [seen(0.1)], [], [])

        assert (track.start_ms, track.end_ms) == (GAP_MS, 3 * GAP_MS)

    def test_goes_on_with_what_is_hardly_seen_but_begins_nothing_with_it(self) -> None:
        (track,) = tracked(*([seen(0.1, c), seen(0.7, 0.3)] for c in (0.8, 0.2, 0.2, 0.7)))

        assert len(track.boxes) == 4

    def test_bridges_a_gap_by_motion(self) -> None:
        moving = [[seen(0.05 * step)] for step in range(14)]
        moving[5:9] = [[]] * 4

        (track,) = tracked(*moving)

        assert len(track.boxes) == 10
        assert (track.start_ms, track.end_ms) == (0, 14 * GAP_MS)

    def test_takes_what_comes_back_later_for_another(self) -> None:
        away: list[list[Sighting]] = [[]] * 15

        tracks = tracked([seen(0.1)], [seen(0.1)], *away, [seen(0.1)], [seen(0.1)])

        assert len(tracks) == 2

    def test_does_not_count_time_in_which_nothing_moved(self) -> None:
        looks: list[Look] = [(0, [seen(0.1)]), (60_000, [seen(0.1)]), (60_160, [seen(0.12)])]

        (track,) = follow(looks, cuts=[], end_ms=61_000, tracking=TRACKING)

        assert (track.start_ms, track.end_ms) == (0, 61_000)

    def test_never_follows_across_a_cut(self) -> None:
        cut = 2 * GAP_MS - 40

        first, second = tracked(*[[seen(0.1)]] * 4, cuts=(cut,))

        assert (first.start_ms, first.end_ms) == (0, cut)
        assert (second.start_ms, second.end_ms) == (cut, 4 * GAP_MS)

    def test_leaves_out_what_shows_once_among_many(self) -> None:
        assert tracked([], [seen(0.1)], [], []) == []

    def test_leaves_out_what_is_surely_seen_too_seldom(self) -> None:
        looks: list[Look] = [
            (GAP_MS * n, [seen(0.1, c)]) for n, c in enumerate((0.6, 0.3, 0.6, 0.3))
        ]

        def found(min_sure: int) -> int:
            tracking = replace(TRACKING, min_sure=min_sure)
            return len(follow(looks, cuts=[], end_ms=4 * GAP_MS, tracking=tracking))

        assert (found(2), found(3)) == (1, 0)

    def test_believes_the_one_look_at_a_still_shot(self) -> None:
        (track,) = follow([(0, [seen(0.1)])], cuts=[], end_ms=5000, tracking=TRACKING)

        assert (track.start_ms, track.end_ms) == (0, 5000)

    def test_calls_a_thing_what_it_looks_like_most(self) -> None:
        calls = ["vase", "cup", "vase", "cup"]
        opinions = [[seen(0.1, 0.8, label), seen(0.1, 0.6, "bottle")] for label in calls]

        (track,) = tracked(*opinions)

        assert track.label == "bottle"
        assert [box.confidence for box in track.boxes] == [0.8] * 4

    def test_lets_no_faint_other_thing_go_on_with_it(self) -> None:
        table = [seen(0.1, 0.3, "dining table")] * 5

        (track,) = tracked([seen(0.1)], [seen(0.1)], *([t] for t in table))

        assert (track.label, track.end_ms) == ("bottle", 2 * GAP_MS)

    def test_finds_what_stopped_while_it_was_out_of_sight(self) -> None:
        there: list[list[Sighting]] = [[seen(0.1 + 0.06 * step)] for step in range(5)]

        (track,) = tracked(*there, [], [], [], [], [seen(0.34)], [seen(0.34)])

        assert len(track.boxes) == 7

    def test_of_nothing_is_nothing(self) -> None:
        assert tracked() == []
        assert tracked([], []) == []


def _is_straight(boxes: list[Box]) -> bool:
    steps = [round(b[0] - a[0], 2) for a, b in pairwise(boxes)]
    return len(set(steps)) == 1
