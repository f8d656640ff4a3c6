"""Numbers in a sentence, however they are written."""

import pytest

from pipeline.llm.numbers import marked, numbers


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("In 1874.", {"1874"}),
            ("four hundred metres", {"400"}),
            ("one hundred and ninety-nine steps", {"199"}),
            ("2 thousand eggs", {"2000"}),
            ("2,000 or 2000", {"2000"}),
            ("three point: 3.5 and 3,5", {"3", "3.5"}),
            ("twelve million", {"12000000"}),
            ("a hundred", {"100"}),
            ("in nineteen fifty-three, not nineteen thirteen", {"1953", "1913"}),
            ("twenty twenty-six", {"2026"}),
            ("eighteen oh five", {"1805"}),
            ("Ten sixty six, nineteen-O-one", {"1066", "1901"}),
            ("nineteen hundred and five", {"1905"}),
            ("twenty-six", {"26"}),
            ("nineteen fifty-three thousand", {"72000"}),
            ("he was nineteen. Oh, five of them", {"19", "5"}),
            ("eighteen oh no", {"18"}),
            ("between four and five", {"4", "5"}),
            ("ten, twenty", {"10", "20"}),
            ("£9, children free", {"9"}),
            ("one of them", set()),
            ("none", set()),
            ("", set()),
        ],
    )
    def test_are_the_same_in_digits_and_words(self, text: str, found: set[str]) -> None:
        assert numbers(text) == found

    @pytest.mark.parametrize("text", ["9" * 5000, "1.2.3 thousand 4,5,6", "million " * 500, "٣ ½"])
    def test_of_any_form_are_read(self, text: str) -> None:
        assert isinstance(numbers(text), set)


class TestMarked:
    def test_writes_a_year_as_one_number(self) -> None:
        assert marked("Eighteen oh five it was.") == "#1805 it was ."

    def test_writes_each_number_in_digits_between_the_words(self) -> None:
        assert marked("One of four hundred and two metres, £9.") == "one of #402 metres , £ #9 ."
