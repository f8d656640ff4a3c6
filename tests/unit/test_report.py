from videos.management.report import counted


class TestCounted:
    def test_names_one_thing_as_one(self) -> None:
        assert [counted(n, "shot") for n in (0, 1, 2)] == ["0 shots", "1 shot", "2 shots"]
