"""Words set right: whole ones, in any case, at their own times."""

import pytest

from pipeline.media.glossary import corrected
from pipeline.results import Word


def words(text: str) -> list[Word]:
    """A word every half second, each less sure than the one before."""
    return [
        Word(i * 500, i * 500 + 400, part, round(0.9 - i / 10, 1))
        for i, part in enumerate(text.split())
    ]


class TestCorrected:
    @pytest.mark.parametrize(
        ("heard", "right"),
        [
            ("We use cooper nettys, mostly.", "We use Kubernetes, mostly."),
            ("COOPER NETTYS", "Kubernetes"),
            ("“Cooper nettys!”", "“Kubernetes!”"),
            ("cooper nettysburg", "cooper nettysburg"),
            ("a super cooper", "a super cooper"),
            ("ask jane doe please", "ask Jane van Doe please"),
            ("ask jane please", "ask Jayne please"),
        ],
    )
    def test_replaces_whole_words_in_any_case(self, heard: str, right: str) -> None:
        pairs = [
            ("cooper nettys", "Kubernetes"),
            ("Jane", "Jayne"),
            ("jane doe", "Jane van Doe"),
        ]

        assert " ".join(word.text for word in corrected(words(heard), pairs)) == right

    def test_keeps_times_and_the_least_probability(self) -> None:
        found = corrected(words("so cooper nettys runs"), [("cooper nettys", "Kubernetes")])

        assert found[1] == Word(500, 1400, "Kubernetes", 0.7)
        assert [found[0], found[2]] == [words("so")[0], words("so cooper nettys runs")[3]]

    def test_shares_the_time_among_more_words(self) -> None:
        found = corrected(words("kubectl"), [("kubectl", "kube control")])

        assert [(w.text, w.start_ms, w.end_ms) for w in found] == [
            ("kube", 0, 145),
            ("control", 145, 400),
        ]

    def test_corrects_no_correction(self) -> None:
        found = corrected(words("a b"), [("a", "b"), ("b", "a")])

        assert [word.text for word in found] == ["b", "a"]

    def test_leaves_words_alone_without_a_glossary(self) -> None:
        assert list(corrected(words("as it is …"), [])) == words("as it is …")
