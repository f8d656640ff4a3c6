"""Where faces are hidden that were seen now and then."""

import pytest

from pipeline.media.trails import GAP_MS, HOLD_MS, Hiding, Trail, Trails
from pipeline.results import Box


def box(x: float, y: float = 0.4, size: float = 0.1) -> Box:
    return x, y, size, size


def trails(*seen: tuple[int, list[Box]], cuts: tuple[int, ...] = ()) -> list[Trail]:
    """Return the trails of what was seen when."""
    linked = Trails()
    for at_ms in sorted({*cuts, *(at_ms for at_ms, _ in seen)}):
        if at_ms in cuts:
            linked.cut(at_ms)
        for _, boxes in (one for one in seen if one[0] == at_ms):
            linked.see(at_ms, boxes)
    return linked.finish()


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + 1e-9
        and outer[1] <= inner[1] + 1e-9
        and outer[0] + outer[2] >= inner[0] + inner[2] - 1e-9
        and outer[1] + outer[3] >= inner[1] + inner[3] - 1e-9
    )


class TestTrails:
    def test_hide_a_face_between_two_sightings(self) -> None:
        (trail,) = trails((1000, [box(0.2)]), (2500, [box(0.3)]))

        assert trail.at(1750) == pytest.approx(box(0.25))

    def test_keep_two_faces_that_pass_each_other_apart(self) -> None:
        steps = [
            (at, [box(0.1 + at / 2000, 0.1), box(0.9 - at / 2000, 0.5)])
            for at in range(0, 1600, 80)
        ]

        linked = trails(*steps)

        assert sorted(len(trail.times) for trail in linked) == [20, 20]
        assert {round(trail.boxes[0][1] - trail.boxes[-1][1], 9) for trail in linked} == {0.0}

    def test_follow_a_small_face_that_leaps_its_size_from_sighting_to_sighting(self) -> None:
        linked = trails(*((80 * n, [box(0.03 * n, size=0.03)]) for n in range(20)))

        assert len(linked) == 1

    def test_begin_anew_where_the_face_was_gone_for_long(self) -> None:
        first, second = trails((0, [box(0.2)]), (GAP_MS + 1, [box(0.2)]))

        assert first.ends_ms <= HOLD_MS + 1
        assert second.starts_ms == GAP_MS + 1 - HOLD_MS

    def test_hide_it_before_and_after_and_where_it_was_going(self) -> None:
        (trail,) = trails(*((at, [box(0.2 + at / 1000 * 0.1)]) for at in range(1000, 1400, 80)))

        assert trail.starts_ms == 1000 - HOLD_MS
        assert trail.ends_ms == 1320 + HOLD_MS + 1
        assert holds(trail.at(1320 + HOLD_MS), box(0.2 + 0.182))
        assert holds(trail.at(1320 + HOLD_MS), box(0.332))
        assert holds(trail.at(1000 - HOLD_MS), box(0.25))

    def test_never_across_a_cut(self) -> None:
        first, second = trails((0, [box(0.2)]), (400, [box(0.2)]), (480, [box(0.2)]), cuts=(0, 480))

        assert first.ends_ms == 480
        assert second.starts_ms == 480

    def test_takes_no_face_of_another_size_for_the_same(self) -> None:
        assert len(trails((0, [box(0.2)]), (80, [box(0.1, 0.3, 0.3)]))) == 2


class TestHiding:
    def test_tells_what_is_to_be_hidden_at_each_moment(self) -> None:
        linked = trails((1000, [box(0.2)]), (5000, [box(0.7)]), (5080, [box(0.7), box(0.2)]))

        hiding = Hiding(linked)

        assert [len(hiding.at(at_ms)) for at_ms in (0, 600, 1400, 1600, 4550, 4600, 5600)] == [
            *(0, 1, 1, 0, 1, 2, 0)
        ]
