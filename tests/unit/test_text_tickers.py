from pipeline.media.text_tickers import join_readings


class TestJoinReadings:
    def test_joins_by_what_the_end_of_one_and_the_begin_of_the_next_share(self) -> None:
        parts = ["Ferry services resum", "y services resume on Mon", "resume on Monday"]

        assert join_readings(parts) == "Ferry services resume on Monday"

    def test_takes_no_letters_that_the_edge_of_the_picture_cuts(self) -> None:
        parts = ["Rain in the north, sun in the soutl", "irth, sun in the south by noon"]

        assert join_readings(parts) == "Rain in the north, sun in the south by noon"

    def test_sets_parts_that_share_nothing_side_by_side(self) -> None:
        assert join_readings(["Rain", "Snow"]) == "Rain Snow"

    def test_keeps_what_is_said_twice(self) -> None:
        parts = ["the tide turns and the tide", "turns and the tide turns again"]

        assert join_readings(parts) == "the tide turns and the tide turns again"
