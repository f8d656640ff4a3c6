"""Results are read as what hostile files may have made of a decoder wrote them."""

from typing import get_type_hints

import msgspec
import pytest

from pipeline import registry
from pipeline.results import Coverage, Frames, Proxy, parse


class TestParse:
    @pytest.mark.parametrize(
        "name",
        ["../other/source", "/etc/passwd", "..", ".hidden", "a/b", "a\\b", "", "a\n", "a\0b", "é"],
    )
    def test_refuses_names_that_are_no_plain_file_name(self, name: str) -> None:
        data = msgspec.json.encode({"file": name})

        with pytest.raises(msgspec.ValidationError):
            parse(Proxy, data)

    def test_refuses_what_a_browser_would_run(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            parse(Proxy, b'{"file": "proxy.mp4", "content_type": "text/html"}')

    def test_takes_what_stages_write(self) -> None:
        assert parse(Proxy, b'{"file": "frame-000001.jpg"}') == Proxy("frame-000001.jpg")


class TestCoverage:
    def test_tells_how_many_looks_and_the_longest_stretch_without_one(self) -> None:
        assert Coverage.over([0, 500, 2000, 2400], 3000) == Coverage(4, 1500)
        assert Coverage.over([900, 1000], 1100) == Coverage(2, 900)
        assert Coverage.over([100], 3000) == Coverage(1, 2900)
        assert Coverage.over([], 3000) == Coverage(0, 3000)

    def test_is_stated_by_every_stage_that_looks_at_pictures(self) -> None:
        looking = [s for s in registry.stages() if Frames in (s.produces, *s.needs)]

        assert len(looking) > 5
        assert [s.name for s in looking if not _states_coverage(s.produces)] == []


def _states_coverage(kind: type) -> bool:
    return get_type_hints(kind).get("coverage") is Coverage
