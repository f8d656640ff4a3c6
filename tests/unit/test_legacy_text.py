"""Text whose encoding nobody tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.legacy_text import decode

GERMAN = "1\n00:00:01,000 --> 00:00:02,000\nDie Straße führt über die Brücke.\n"
RUSSIAN = "1\n00:00:01,000 --> 00:00:02,000\nКорабли покидают гавань.\n"  # noqa: RUF001  Russian
JAPANESE = "1\n00:00:01,000 --> 00:00:02,000\n船が港を出る。\n海の音を聞いています。\n"


class TestDecode:
    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
    )
    def test_tells_encodings_apart(self, encoding: str) -> None:
        assert decode(GERMAN.encode(encoding)) == GERMAN

    @pytest.mark.parametrize(
        ("text", "encoding", "language"),
        [
            (GERMAN, "cp1252", "de"),
            (RUSSIAN, "cp1251", "ru"),
            (JAPANESE, "cp932", "ja"),
            (JAPANESE, "cp932", ""),
        ],
    )
    def test_knows_what_a_language_was_written_in(
        self, text: str, encoding: str, language: str
    ) -> None:
        assert decode(text.encode(encoding), language) == text

    def test_takes_damaged_utf8_for_utf8(self) -> None:
        content = RUSSIAN.encode() + b"\xff" + RUSSIAN.encode()

        assert decode(content) == f"{RUSSIAN}\ufffd{RUSSIAN}"

    @given(st.binary(max_size=300))
    def test_never_fails(self, content: bytes) -> None:
        assert isinstance(decode(content), str)
