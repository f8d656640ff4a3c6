"""From scores of moments to spans."""

import time
from collections.abc import Sequence

from pipeline.media.screening import above, by_shot, smoothed, spans


def found(
    scores: Sequence[float], *, step_ms: int = 500, cuts: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Return the (start, end) of spans in pictures sampled every `step_ms`, as the stage finds them."""
    times = [index * step_ms for index in range(len(scores))]
    shots = by_shot(times, scores, [0, *cuts, len(scores) * step_ms])
    stretches = [one for shot in shots for one in above(smoothed(shot, 1000), 0.7, 0.4)]
    return [(span.start_ms, span.end_ms) for span in spans(stretches, 300)]


class TestByShot:
    def test_a_sample_stands_until_the_next_of_its_shot(self) -> None:
        shots = by_shot([100, 900, 1300, 2000], [0.1, 0.2, 0.3, 0.4], [0, 1000, 3000])

        assert [[s.cover for s in shot] for shot in shots] == [
            [(0, 900), (900, 1000)],
            [(1000, 2000), (2000, 3000)],
        ]
        assert [s.score for s in shots[1]] == [0.3, 0.4]

    def test_leaves_out_a_shot_without_a_sample(self) -> None:
        shots = by_shot([0, 1200], [0.5, 0.6], [0, 1000, 1100, 2000])

        assert [[s.cover for s in shot] for shot in shots] == [[(0, 1000)], [(1100, 2000)]]


class TestSpans:
    def test_of_scores_that_stay_high_are_one(self) -> None:
        assert found([0, 0, 1, 1, 0.9, 0, 0]) == [(1000, 2500)]

    def test_hold_out_through_a_dip(self) -> None:
        assert found([0, 0.9, 0.9, 0.45, 0.9, 0.9, 0]) == [(500, 3000)]

    def test_need_more_than_the_lower_threshold(self) -> None:
        assert found([0.6] * 10) == []

    def test_do_not_come_of_one_picture_among_others(self) -> None:
        assert found([0, 0, 0.99, 0, 0]) == []

    def test_come_of_one_picture_that_stands_still(self) -> None:
        assert found([0, 0.99, 0], step_ms=4000) == [(4000, 8000)]

    def test_begin_at_the_cut_whatever_lies_before(self) -> None:
        assert found([0, 0, 0.95, 0.95, 0, 0], cuts=[900, 2000]) == [(900, 2000)]

    def test_go_on_across_a_cut(self) -> None:
        assert found([0.9] * 6, cuts=[1400]) == [(0, 3000)]

    def test_briefer_than_the_least_are_left_out(self) -> None:
        assert found([0, 0.9, 0], step_ms=500, cuts=[400, 650]) == []

    def test_have_the_highest_and_the_mean_score(self) -> None:
        (shot,) = by_shot([0, 4000, 12_000], [0.8, 1.0, 0.6], [0, 16_000])

        (span,) = spans([shot], 300)

        assert (span.peak, span.mean) == (1.0, 0.85)

    def test_in_one_long_shot_take_no_longer_than_in_many_short_ones(self) -> None:
        began = time.process_time()

        assert found([0.1] * 3600 + [1.0] * 3600) == [(1_800_000, 3_600_000)]

        assert time.process_time() - began < 5  # each compared with each: 25
