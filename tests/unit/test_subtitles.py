"""Subtitle files, read back by another program's parser."""

from dataclasses import dataclass

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.subtitles import to_srt, to_text, to_vtt


@dataclass(frozen=True)
class Line:
    start_ms: int
    end_ms: int
    text: str


HOSTILE = "1\n\n2\n00:00:00,000 --> 00:00:09,000\n<b>gone</b> {\\an8} & more\r\n\r\nNOTE x"


class TestToVtt:
    def test_writes_the_format(self) -> None:
        cues = [Line(1_000, 2_500, "Hello,\nworld."), Line(3_661_001, 3_662_000, "Later.")]

        assert to_vtt(cues) == (
            "WEBVTT\n\n"
            "00:00:01.000 --> 00:00:02.500\nHello,\nworld.\n\n"
            "01:01:01.001 --> 01:01:02.000\nLater.\n"
        )

    def test_of_no_cues_is_still_a_file(self) -> None:
        assert to_vtt([]) == "WEBVTT\n"

    def test_lets_no_text_out_of_its_cue(self) -> None:
        written = to_vtt([Line(0, 1_000, HOSTILE), Line(1_000, 2_000, "next")])

        assert written.count("-->") == 2
        assert len(written.split("\n\n")) == 3
        assert "&lt;b&gt;gone&lt;/b&gt; {\\an8} &amp; more\nNOTE x" in written

    @given(st.lists(st.text()))
    def test_holds_a_block_for_each_cue_that_shows_anything(self, texts: list[str]) -> None:
        written = to_vtt([Line(i, i + 1, text) for i, text in enumerate(texts)])

        header, *blocks = written.removesuffix("\n").split("\n\n")
        assert header == "WEBVTT"
        assert len(blocks) <= len(texts)
        for block in blocks:
            times, *lines = block.split("\n")
            assert " --> " in times
            assert lines
            assert all(line.strip() and "-->" not in line and "<" not in line for line in lines)


class TestToSrt:
    def test_writes_the_format(self) -> None:
        cues = [Line(1_000, 2_500, "Hello,\nworld."), Line(3_661_001, 3_662_000, "a < b")]

        assert to_srt(cues) == (
            "1\n00:00:01,000 --> 00:00:02,500\nHello,\nworld.\n\n"
            "2\n01:01:01,001 --> 01:01:02,000\na < b\n"
        )

    def test_lets_no_text_out_of_its_cue(self) -> None:
        written = to_srt([Line(0, 1_000, HOSTILE), Line(1_000, 2_000, "next")])

        assert written.count("-->") == 2
        assert len(written.split("\n\n")) == 2

    def test_lets_no_text_become_a_tag(self) -> None:
        written = to_srt([Line(0, 1_000, "<b>gone</b> {\\an8} &"), Line(1_000, 2_000, "next")])

        read = pysubs2.SSAFile.from_string(written, format_="srt")
        assert [(e.start, e.end) for e in read] == [(0, 1_000), (1_000, 2_000)]
        assert read[0].plaintext == "\uff1cb>gone\uff1c/b> \uff5b\\an8} &"

    @given(st.lists(st.text("ab<>{}&->\\/\n\r 12", min_size=1)))
    def test_is_read_back_as_it_was_shown(self, texts: list[str]) -> None:
        cues = [Line(i * 1_000, i * 1_000 + 500, text) for i, text in enumerate(texts)]

        read = pysubs2.SSAFile.from_string(to_srt(cues), format_="srt")

        assert len(read) == to_vtt(cues).count("-->")
        assert all("<i>" not in e.text and e.start % 1_000 == 0 for e in read)


class TestToText:
    def test_writes_the_words_alone(self) -> None:
        cues = [Line(0, 1_000, "Hello,\nworld."), Line(1_000, 2_000, "a <b> c")]

        assert to_text(cues) == "Hello, world.\na <b> c\n"


@pytest.mark.parametrize("write", [to_srt, to_text])
def test_no_cues_give_an_empty_file(write: object) -> None:
    assert callable(write)
    assert write([]) == ""
