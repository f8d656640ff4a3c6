"""Subtitle files, read back by another program's parser."""

import io
import time

import av
import pysubs2
import pytest
from av.subtitles.subtitle import AssSubtitle
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media.captions import Caption
from videos.subtitles import to_srt, to_text, to_vtt

HOSTILE = "1\n\n2\n00:00:00,000 --> 00:00:09,000\n<b>gone</b> {\\an8} & more\r\n\r\nNOTE x"


class TestToVtt:
    def test_writes_the_format(self) -> None:
        cues = [Caption(1_000, 2_500, "Hello,\nworld."), Caption(3_661_001, 3_662_000, "Later.")]

        assert to_vtt(cues) == (
            "WEBVTT\n\n"
            "00:00:01.000 --> 00:00:02.500\nHello,\nworld.\n\n"
            "01:01:01.001 --> 01:01:02.000\nLater.\n"
        )

    def test_of_no_cues_is_still_a_file(self) -> None:
        assert to_vtt([]) == "WEBVTT\n"

    def test_lets_no_text_out_of_its_cue(self) -> None:
        written = to_vtt([Caption(0, 1_000, HOSTILE), Caption(1_000, 2_000, "next")])

        assert written.count("-->") == 2
        assert len(written.split("\n\n")) == 3
        assert "&lt;b&gt;gone&lt;/b&gt; {\\an8} &amp; more\nNOTE x" in written

    @given(st.lists(st.text()))
    def test_holds_a_block_for_each_cue_that_shows_anything(self, texts: list[str]) -> None:
        written = to_vtt([Caption(i, i + 1, text) for i, text in enumerate(texts)])

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
        cues = [Caption(1_000, 2_500, "Hello,\nworld."), Caption(3_661_001, 3_662_000, "a < b")]

        assert to_srt(cues) == (
            "1\n00:00:01,000 --> 00:00:02,500\nHello,\nworld.\n\n"
            "2\n01:01:01,001 --> 01:01:02,000\na < b\n"
        )

    def test_lets_no_text_out_of_its_cue(self) -> None:
        written = to_srt([Caption(0, 1_000, HOSTILE), Caption(1_000, 2_000, "next")])

        assert written.count("-->") == 2
        assert len(written.split("\n\n")) == 2

    def test_lets_no_text_become_a_tag(self) -> None:
        written = to_srt(
            [Caption(0, 1_000, "<b>gone</b> {\\an8} &"), Caption(1_000, 2_000, "next")]
        )

        read = pysubs2.SSAFile.from_string(written, format_="srt")
        assert [(e.start, e.end) for e in read] == [(0, 1_000), (1_000, 2_000)]
        assert read[0].plaintext == "\uff1cb>gone\uff1c/b> \uff5b\\an8} &"

    def test_takes_no_longer_for_braces_that_nobody_closes(self) -> None:
        begun = time.process_time()

        written = to_srt([Caption(0, 1_000, "{" * 50_000)])

        assert "{" * 50_000 in written
        assert time.process_time() - begun < 1

    @given(st.lists(st.text("ab<>{}&->\\/\n\r 12", min_size=1)))
    def test_is_read_back_as_it_was_shown(self, texts: list[str]) -> None:
        cues = [Caption(i * 1_000, i * 1_000 + 500, text) for i, text in enumerate(texts)]

        read = pysubs2.SSAFile.from_string(to_srt(cues), format_="srt")

        assert len(read) == to_vtt(cues).count("-->")
        assert all("<i>" not in e.text and e.start % 1_000 == 0 for e in read)


def by_ffmpeg(written: str, kind: str) -> list[tuple[int, int, str]]:
    """Return times and texts as the players read them that are built on FFmpeg."""
    found = []
    with av.open(io.BytesIO(written.encode()), "r", format=kind) as container:
        for packet in container.demux(container.streams.subtitles[0]):
            for line in packet.decode():
                assert isinstance(line, AssSubtitle)
                text = line.ass.decode().split(",", 8)[8]
                start_ms = packet.pts or 0
                found.append((start_ms, start_ms + (packet.duration or 0), text))
    return found


class TestBoth:
    SPEAKERS = ["", "S1", "Zoë <b>", "x-->y\n\nNOTE & {\\an8}"]
    TEXTS = st.text(
        st.one_of(
            st.sampled_from("ab<>&{}\\-: 1\u05d0\u0627\u202e\u4e16\ud55c\n\r\u2028"),
            st.characters(),
        ),
        max_size=40,
    )

    def test_tell_who_speaks(self) -> None:
        captions = [
            Caption(0, 1_000, "One.", "Ann"),
            Caption(1_100, 2_000, "Two.", "Ann"),
            Caption(2_100, 3_000, "So long a line that no name fits beside.", "Bob"),
            Caption(3_100, 4_000, "Nobody."),
        ]

        read = pysubs2.SSAFile.from_string(to_srt(captions), format_="srt")
        assert [event.plaintext for event in read] == [
            "Ann: One.",
            "Two.",
            "Bob:\nSo long a line that no name fits beside.",
            "Nobody.",
        ]
        vtt = to_vtt(captions)
        assert vtt.count("<v Ann>") == 2
        assert [text for _, _, text in by_ffmpeg(vtt, "webvtt")][:2] == ["One.", "Two."]
        assert to_text(captions).startswith("Ann: One.\nTwo.\nBob: So long")

    @pytest.mark.parametrize("name", SPEAKERS)
    def test_let_no_name_out_of_its_place(self, name: str) -> None:
        captions = [Caption(0, 1_000, "One.", name), Caption(2_000, 3_000, "Two.", "S2")]

        for kind, written in (("webvtt", to_vtt(captions)), ("srt", to_srt(captions))):
            read = by_ffmpeg(written, kind)
            assert [times[:2] for times in read] == [(0, 1_000), (2_000, 3_000)]
            assert [
                text.endswith(word)
                for (_, _, text), word in zip(read, ("One.", "Two."), strict=True)
            ]

    def test_write_names_of_before_they_were_checked_in_one_line_and_direction(self) -> None:
        captions = [
            Caption(
                0,
                1_000,
                "One.",
                "\u202eEve\u2066\r\n\u2028 \u0639\u0644\u06cc\u200c\u0631\u0636\u0627\x1b\u200b",
            )
        ]

        for written in (to_vtt(captions), to_srt(captions), to_text(captions)):
            assert "Eve \u0639\u0644\u06cc\u200c\u0631\u0636\u0627" in written
            assert not {"\u202e", "\u2066", "\r", "\u2028", "\x1b", "\u200b"} & set(written)

    @given(st.lists(st.tuples(TEXTS, st.sampled_from(SPEAKERS)), max_size=8))
    @settings(max_examples=60)
    def test_are_read_by_others_as_so_many_cues_at_their_times(
        self, said: list[tuple[str, str]]
    ) -> None:
        captions = [
            Caption(at * 2_000, at * 2_000 + 1_500, text, name)
            for at, (text, name) in enumerate(said)
        ]
        shows = [(c.start_ms, c.end_ms) for c in captions if to_text([c]).strip()]

        vtt, srt = to_vtt(captions), to_srt(captions)

        assert [cue[:2] for cue in by_ffmpeg(vtt, "webvtt")] == shows
        assert [cue[:2] for cue in by_ffmpeg(srt, "srt")] == shows
        for kind, written in (("vtt", vtt), ("srt", srt)):
            read = pysubs2.SSAFile.from_string(written, format_=kind)
            assert [(event.start, event.end) for event in read] == shows

    def test_write_what_others_read_back_word_for_word(self) -> None:
        texts = [
            "\u05e9\u05dc\u05d5\u05dd, \u05e2\u05d5\u05dc\u05dd.",
            "\u4f60\u597d\u3002\n\u4e16\u754c",
            "\u0645\u0631\u062d\u0628\u0627 \u200f!",
            "Caf\u00e9 \U0001f600",
        ]
        captions = [Caption(at * 2_000, at * 2_000 + 1_500, t) for at, t in enumerate(texts)]

        for kind, written in (("vtt", to_vtt(captions)), ("srt", to_srt(captions))):
            read = pysubs2.SSAFile.from_string(written, format_=kind)
            assert [event.plaintext for event in read] == texts


class TestToText:
    def test_writes_the_words_alone(self) -> None:
        cues = [Caption(0, 1_000, "Hello,\nworld."), Caption(1_000, 2_000, "a <b> c")]

        assert to_text(cues) == "Hello, world.\na <b> c\n"


@pytest.mark.parametrize("write", [to_srt, to_text])
def test_no_cues_give_an_empty_file(write: object) -> None:
    assert callable(write)
    assert write([]) == ""
