"""Results are read as what hostile files may have made of a decoder wrote them."""

import msgspec
import pytest

from pipeline.results import Proxy, parse


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
