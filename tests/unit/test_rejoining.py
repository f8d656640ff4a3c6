"""Things that were hidden for a while, and others that only seem so."""

from pipeline.media.colours import alike, histogram
from pipeline.media.rejoining import rejoin
from pipeline.media.things import Seen, Thing
from tests import clips

GAP_MS = 160
RED, BLUE = bytes([255, 0, 0, 0]), bytes([0, 0, 255, 0])


def thing(
    *places: float,
    since: int = 0,
    width: float = 0.1,
    height: float = 0.3,
    label: str = "person",
    colours: bytes = RED,
) -> Thing:
    """A thing whose left edge is seen at `places`, one each `GAP_MS` from look `since` on."""
    boxes = ((x, 0.4, width, height) for x in places)
    return Thing(
        [
            (since + n, (since + n) * GAP_MS, Seen(box, 0.8, {label: 0.8}, colours))
            for n, box in enumerate(boxes)
        ]
    )


WALKER = (0.1, 0.14, 0.18, 0.22, 0.26)


def joined(*things: Thing, longest_ms: int = 1500) -> list[int]:
    """Return how often each thing that is left was seen."""
    return sorted(len(whole.sightings) for whole in rejoin(things, longest_ms))


class TestRejoin:
    def test_makes_one_of_what_comes_out_where_it_must(self) -> None:
        later = thing(0.5, 0.54, 0.58, since=10)

        (whole,) = rejoin([later, thing(*WALKER)], 1500)

        assert [look for look, _, _ in whole.sightings] == [0, 1, 2, 3, 4, 10, 11, 12]
        assert whole.label == "person"

    def test_joins_more_than_two(self) -> None:
        assert joined(thing(0.1, 0.1), thing(0.1, 0.1, since=4), thing(0.1, since=8)) == [5]

    def test_leaves_those_apart_that_are_somewhere_else(self) -> None:
        assert joined(thing(*WALKER), thing(0.8, 0.84, 0.88, since=10)) == [3, 5]

    def test_leaves_those_apart_that_walk_another_way(self) -> None:
        assert joined(thing(*WALKER), thing(0.12, 0.08, 0.04, since=10)) == [3, 5]

    def test_leaves_those_apart_that_have_other_colours(self) -> None:
        later = thing(0.5, 0.54, 0.58, since=10, colours=BLUE)

        assert joined(thing(*WALKER), later) == [3, 5]

    def test_leaves_those_apart_that_have_another_size_or_label(self) -> None:
        for other in (
            thing(0.5, 0.54, since=10, height=0.1),
            thing(0.5, 0.54, since=10, label="dog"),
        ):
            assert joined(thing(*WALKER), other) == [2, 5]

    def test_leaves_those_apart_that_come_too_late(self) -> None:
        assert joined(thing(0.1, 0.1), thing(0.1, 0.1, since=20)) == [2, 2]

    def test_never_joins_what_was_seen_at_once(self) -> None:
        assert joined(thing(0.1, 0.1, 0.1), thing(0.1, 0.1, since=2)) == [2, 3]

    def test_gives_the_nearest_to_each(self) -> None:
        left, right = thing(0.1, 0.1), thing(0.2, 0.2)
        later_left, later_right = thing(0.11, 0.11, since=5), thing(0.21, 0.21, since=5)

        wholes = rejoin([left, right, later_right, later_left], 1500)

        places = sorted([round(seen.box[0], 2) for _, _, seen in w.sightings] for w in wholes)
        assert places == [[0.1, 0.1, 0.11, 0.11], [0.2, 0.2, 0.21, 0.21]]

    def test_asks_more_of_places_where_it_knows_no_colours(self) -> None:
        before, after = thing(0.1, 0.1, colours=b""), thing(0.17, 0.17, since=5, colours=b"")

        assert joined(before, after) == [2, 2]
        assert joined(thing(0.1, 0.1), thing(0.17, 0.17, since=5)) == [4]


class TestColours:
    def test_are_alike_in_the_same_thing_elsewhere(self) -> None:
        box, moved = (0.2, 0.2, 0.3, 0.5), (0.16875, 0.2, 0.3, 0.5)  # the scene pans ten pixels

        same = alike([histogram(clips.scene(0, 0), box)], [histogram(clips.scene(0, 5), moved)])
        other = alike([histogram(clips.scene(0, 0), box)], [histogram(clips.scene(1, 0), box)])

        assert same is not None and other is not None
        assert same > 0.8 > 0.5 > other

    def test_of_nothing_are_unknown(self) -> None:
        nothing = histogram(clips.scene(0, 0), (1.0, 0.5, 0.1, 0.1))

        assert nothing == b""
        assert alike([nothing], [RED]) is None
