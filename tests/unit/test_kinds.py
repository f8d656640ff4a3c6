"""Whether a text holds the kind of thing that a question wants."""

import pytest

from pipeline.llm import kinds, names


def near(one: str, other: str) -> float:
    """Nothing means the same as anything else."""
    return float(one == other)


class TestFits:
    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("How long must the dough rest?", "Let the dough rest for half an hour, and wait."),
            ("How long is the new pier?", "The pier is four hundred metres long."),
            ("How high does the ash rise?", "Then the ash rises twenty kilometres."),
            ("How hot is the oven?", "The oven has 250 degrees."),
            ("How hot should the oven be?", "Heat the oven as hot as it goes."),
            ("How many bees live in a hive?", "There are some fifty thousand bees in the hive."),
            ("How many of the fish live there?", "A quarter of all the fish in the sea."),
            ("How many came?", "There were 200 of them."),
            ("How much does the museum cost?", "The museum is £9, for children it is free."),
            ("When was the lighthouse built?", "The lighthouse was built in 1874."),
            ("When do the boats leave?", "The boats leave at four in the morning."),
            ("When does an eruption begin?", "When the pressure drops, an eruption begins."),
            ("On which day is the museum closed?", "The museum is closed on Mondays."),
            ("What colour is the cat?", "The black cat waits."),
            ("Who built the lighthouse?", "The lighthouse was built in 1874 by James Walker."),
            ("Who copied books in the abbey?", "In the abbey monks copied books by hand."),
            ("What is the name of the cat?", "Chelsea the cat watches the window."),
            ("What is the keeper called?", "The keeper is called Tom."),
            ("Which chord comes first?", "Your first chord is E minor, and it takes two fingers."),
            ("What happened to the old pier?", "A storm destroyed the jetty that winter."),
            ("What is the fastest train?", "The record is held by a train from Japan."),
            ("What is the best way to knead?", "Push with the heel of your hand."),
        ],
    )
    def test_takes_what_is_asked_for(self, question: str, text: str) -> None:
        assert kinds.fits(question, text, near)

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("How long does a queen live?", "The queen lays two thousand eggs a day."),
            ("How long does a queen live?", "Bees live in the hive, and all of them are sisters."),
            ("How deep is the harbour?", "The pier is four hundred metres long."),
            ("How hot is lava?", "Thin lava flows down the slope."),
            ("How tall is the rocket?", "The rocket waits on the launch pad."),
            (
                "How many boats are there?",
                "Its keeper had three daughters, and they became sailors.",
            ),
            ("How many boats are there?", "The boats leave at four in the morning."),
            ("How much did the pier cost?", "The pier is four hundred metres long."),
            ("When was the abbey built?", "The abbey has one hundred and ninety-nine steps."),
            ("In which year did he notice?", "He noticed it, and they never caught smallpox."),
            ("What colour is the cat?", "The cat waits for breakfast."),
            ("Who invented the guitar?", "The six strings are tuned from low to high."),
            ("Who is the mayor of Whitby?", "Welcome to Whitby, on the coast of Yorkshire."),
            ("Which king visited the abbey?", "The abbey has many steps."),
            ("Which animal is it?", "The abbey has many steps."),
            ("What is the name of the oldest daughter?", "All of them became sailors."),
            ("What is the astronaut called?", "The astronaut flew the Space Shuttle."),
            ("What is the fastest time?", "To run a marathon you need four months."),
        ],
    )
    def test_takes_nothing_of_another_kind(self, question: str, text: str) -> None:
        assert not kinds.fits(question, text, near)

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("Wie lange lebt eine Königin?", "Die Königin legt zweitausend Eier."),
            ("How long is the bridge?", "Die Brücke ist dreihundert Meter lang."),
            ("How much is it?", "九ポンド"),
        ],
    )
    def test_judges_no_other_language(self, question: str, text: str) -> None:
        assert kinds.fits(question, text, near)


class TestStrange:
    HEARD = (
        "George Stevenson drove the locomotive himself.",
        "Each polyp builds a cup, and that becomes a reef.",
    )

    @pytest.mark.parametrize(
        ("question", "name"),
        [
            ("How old is the Great Barrier Reef?", "Great Barrier Reef"),
            ("When did Vesuvius erupt?", "Vesuvius"),
            ("What did Stephenson drive?", ""),
            ("What did Mr Stevenson drive?", ""),
            ("What did NASA drive?", ""),
            ("What becomes a reef?", ""),
            ("Was fuhr Vesuvius?", ""),
        ],
    )
    def test_is_who_is_named_nowhere(self, question: str, name: str) -> None:
        assert names.strange(question, self.HEARD, near) == name

    def test_is_nobody_in_another_language(self) -> None:
        heard = ["Die erste Eisenbahn fuhr nach Fürth.", "Die Lokomotive hieß Adler."]

        assert not names.strange("When did the railway of Nuremberg open?", heard, near)

    def test_is_nobody_where_meaning_cannot_be_compared(self) -> None:
        assert not names.strange("When did Vesuvius erupt?", self.HEARD, None)
