"""Which lines bear out an answer, with words for meaning."""

import re
from math import sqrt

from pipeline.llm import bearing
from pipeline.llm.evidence import Evidence
from tests.asking import FACTS

LINES = [Evidence(n * 5000, n * 5000 + 4000, text, "cue") for n, text in enumerate(FACTS)]
ASKED = "When was the lighthouse built?"


def near(one: str, other: str) -> float:
    """Return the cosine of two texts by the words that they share."""
    words, others = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(words & others) / sqrt(len(words) * len(others))


def found(said: str, named: list[Evidence]) -> list[str]:
    return [one.text for one in bearing.found(ASKED, said, named, LINES, near)]


class TestFound:
    def test_keeps_what_the_model_named(self) -> None:
        assert found("It was built in 1874.", LINES[3:5]) == FACTS[3:5]

    def test_chooses_where_the_model_named_every_line(self) -> None:
        assert found("It was built in 1874.", LINES) == [FACTS[3]]

    def test_seeks_the_line_where_the_model_named_another(self) -> None:
        assert found("In 1874.", [LINES[0]]) == [FACTS[3]]

    def test_takes_no_number_that_nobody_said(self) -> None:
        assert found("It was built in 1875.", LINES) == []

    def test_takes_no_repeated_question(self) -> None:
        assert found("The lighthouse was built.", [LINES[3]]) == []
