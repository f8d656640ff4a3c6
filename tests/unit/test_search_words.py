"""What a search asks for, and how two rankings become one."""

from uuid import UUID

import pytest

from videos.selectors.search.corrections import distance
from videos.selectors.search.fusion import Candidate, fused
from videos.selectors.search.words import Query, Shape, Term, parse


class TestParse:
    def test_tells_words_phrases_prefixes_and_exclusions(self) -> None:
        query = parse('ship "red door" harb* -storm -"low tide" e-mail')

        assert query.groups == (
            (
                Term("ship"),
                Term("red door", Shape.PHRASE),
                Term("harb", Shape.PREFIX),
                Term("storm", excluded=True),
                Term("low tide", Shape.PHRASE, excluded=True),
                Term("e-mail"),
            ),
        )

    def test_parts_alternatives(self) -> None:
        query = parse('ship OR "a boat" sail or')

        assert [[term.text for term in group] for group in query.groups] == [
            ["ship"],
            ["a boat", "sail"],
        ]
        assert query.written == 'ship or "a boat" sail'

    @pytest.mark.parametrize("words", ["", '"', "-", "or", "*", "&|!", '""', "\u202e"])
    def test_finds_nothing_to_look_for(self, words: str) -> None:
        assert parse(words) == Query(())

    def test_takes_costly_prefixes_for_words(self) -> None:
        query = parse("a* " + " ".join(f"abc{n}*" for n in range(6)))

        assert [term.shape for term in query.terms].count(Shape.PREFIX) == 4

    def test_tells_of_a_beginning_that_is_too_short(self) -> None:
        assert parse("ship ga*").too_short == "ga*"
        assert not parse('ship gat* "ga*" -ga*').too_short

    def test_binds_hits_by_meaning_to_phrases_prefixes_and_exclusions(self) -> None:
        binding = parse('a ship "red door" -storm').binding

        assert binding and binding.written == '"red door" -storm'
        assert parse("ship").binding is None
        assert parse('ship or "red door"').binding is None

    def test_tells_what_an_index_of_words_can(self) -> None:
        necessary = parse('ship "red door" harb* -storm or -"low tide" boat').necessary

        assert necessary.written == "ship red door harb* or boat"
        assert all(term.shape is not Shape.PHRASE for term in necessary.terms)

    def test_leaves_out_of_the_meaning_what_is_excluded(self) -> None:
        assert parse('a ship "red door" -storm').meaning == "a ship red door"
        assert parse("-storm").meaning == ""


class TestDistance:
    @pytest.mark.parametrize(
        ("one", "other", "slips"),
        [
            ("ship", "ship", 0),
            ("ship", "shop", 1),
            ("ship", "shipp", 1),
            ("ship", "hsip", 1),
            ("ship", "sip", 1),
            ("ship", "harp", 3),
            ("", "ab", 2),
        ],
    )
    def test_counts_slips(self, one: str, other: str, slips: int) -> None:
        assert distance(one, other) == distance(other, one) == slips


def candidate(number: int, weight: float = 1.0) -> Candidate:
    return Candidate(number, UUID(int=number), 0, weight)


class TestFused:
    def test_puts_first_what_is_in_both_lists(self) -> None:
        both = fused(
            {"lexical": [candidate(1), candidate(2)], "semantic": [candidate(3), candidate(2)]}
        )

        assert [one.candidate.id for one in both] == [2, 1, 3]
        assert [one.matched_by for one in both] == [
            ["lexical", "semantic"],
            ["lexical"],
            ["semantic"],
        ]

    def test_scores_the_best_of_both_one(self) -> None:
        (best,) = fused({"lexical": [candidate(1)], "semantic": [candidate(1)]})

        assert best.score == pytest.approx(1)

    def test_counts_what_is_trusted_less_for_less(self) -> None:
        first, second = fused({"lexical": [candidate(1, 0.5), candidate(2)]})

        assert (first.candidate.id, second.candidate.id) == (2, 1)

    def test_orders_equals_the_same_at_every_call(self) -> None:
        ones = [candidate(n, 0.0) for n in (3, 1, 2)]

        assert [one.candidate.id for one in fused({"lexical": ones})] == [1, 2, 3]
