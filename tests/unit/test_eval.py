"""The figures that `make eval` prints follow from what was found and what there is."""

import json
from pathlib import Path

import pytest

from eval.cases import _cache, cases, peer
from eval.scores import Looked, Tally, looked, paired, tally


def near(found: int, there: int) -> bool:
    return abs(found - there) <= 10


class TestTally:
    def test_counts_what_fits_either_way(self) -> None:
        counted = tally([100, 105, 500], [102, 300], near)

        assert (counted.found, counted.right, counted.there, counted.hit) == (3, 2, 2, 1)
        assert counted.precision == pytest.approx(2 / 3)
        assert counted.recall == 0.5
        assert counted.f1 == pytest.approx(4 / 7)

    def test_pairs_one_to_one_where_asked(self) -> None:
        counted = paired([100, 105, 500], [102, 300], near)

        assert (counted.right, counted.hit) == (1, 1)

    def test_adds_up(self) -> None:
        whole = Tally(2, 1, 2, 2, {"off": (30, 2)}) + Tally(2, 2, 4, 1, {"off": (10, 2)})

        assert (whole.precision, whole.recall) == (0.75, 0.5)
        assert whole.ratios() == {"off": 10}

    def test_tells_the_95th_percentile_over_all_cases(self) -> None:
        whole = Tally(p95={"off": (0.0,) * 19}) + Tally(p95={"off": (500.0, 500.0)})

        assert whole.ratios() == {"p95 off": 500}
        assert Tally(p95={"off": ()}).ratios() == {"p95 off": None}

    def test_tells_the_largest_of_all_cases(self) -> None:
        whole = Tally(most={"longest": 2}) + Tally() + Tally(most={"longest": 4})

        assert whole.ratios() == {"longest": 4}

    def test_tells_nothing_found_from_nothing_there(self) -> None:
        assert Tally().f1 is None
        assert Tally(there=2).f1 == 0
        assert Tally(found=2).f1 == 0


class TestLooked:
    def test_covers_half_a_second_either_way(self) -> None:
        assert looked([1000, 1200, 5000], 6000) == Looked(6000, 2200, 3800)

    def test_covers_all_where_no_moment_was_missed(self) -> None:
        assert looked(None, 6000) == Looked(6000, 6000, 0)

    def test_covers_nothing_without_a_look(self) -> None:
        assert looked([], 6000) == Looked(6000, 0, 6000)


class TestCases:
    def test_of_one_name_are_not_taken_for_each_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eval.cases.VAR_DIR", tmp_path)
        _cache.cache_clear()

        bells = list(cases("bells", {"a.mp4": lambda _: {"bells": [1]}}))
        whistles = list(cases("whistles", {"a.mp4": lambda _: {"whistles": [2]}}))

        assert [case.truth for case in (*bells, *whistles)] == [{"bells": [1]}, {"whistles": [2]}]
        _cache.cache_clear()

    def test_ask_a_peer_once_for_each_content_of_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eval.cases.VAR_DIR", tmp_path)
        film = tmp_path / "a.mp4"
        answers: list[str] = []

        for content in ("bells", "whistles", "bells"):
            film.write_text(content)
            answers.append(peer("ear-1", film, lambda path: {"hears": path.read_text()})["hears"])
        again = peer("ear-1", film, lambda _: {"hears": "nothing"})

        assert answers == ["bells", "whistles", "bells"]
        assert again == {"hears": "bells"}

    def test_take_ones_own_where_their_truth_lies_beside_them(self, tmp_path: Path) -> None:
        for name in ("told.mp4", "other.mp4", "untold.mp4"):
            (tmp_path / name).touch()
        (tmp_path / "told.json").write_text(json.dumps({"bells": [{"start_ms": 0}]}))
        (tmp_path / "other.json").write_text(json.dumps({"whistles": []}))

        found = list(cases("bells", {}, tmp_path))

        assert [(case.name, len(case.truth["bells"])) for case in found] == [("told", 1)]
