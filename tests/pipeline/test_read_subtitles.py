"""Subtitles of people, read as cues: files, tracks, and what hostile ones try."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contract import ATTACHED, Context, Limits, Upstream, VideoInfo
from pipeline.errors import StageError
from pipeline.media import subtitles
from pipeline.media.captions import show
from pipeline.media.probe import probe
from pipeline.results import Cue, Media, Transcript
from pipeline.stages.read_subtitles import ReadSubtitles
from tests import clips, subtitled
from videos.subtitles import to_srt, to_vtt

DURATION_MS = 60_000
_ARROW = "00:00:01,000 --> 00:00:02,000\n"


def read(content: bytes | str, duration_ms: int = DURATION_MS, language: str = "") -> list[Cue]:
    encoded = content.encode() if isinstance(content, str) else content
    return list(subtitles.cues(subtitles.read_file(encoded, language), duration_ms))


def told(found: list[Cue]) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in found]


class TestFiles:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("text", [subtitled.SRT, subtitled.VTT])
    def test_say_the_same_however_they_are_written(
        self, text: str, end: str, encoding: str
    ) -> None:
        assert told(read(text.replace("\n", end).encode(encoding))) == subtitled.SAID

    def test_cues_come_without_words_confidence_and_flags(self) -> None:
        cue = read(subtitled.SRT)[0]

        assert (cue.words, cue.confidence, cue.flags) == ((), None, ())

    def test_need_no_numbers_and_no_order(self) -> None:
        text = (
            "7\n00:00:05,000 --> 00:00:06,000\nlast\n\n"
            "00:00:01,000 --> 00:00:03,000\nfirst\n\n"
            "99\n00:00:02,000 --> 00:00:04,000\nmeanwhile\n"
        )

        assert told(read(text)) == [
            (1_000, 3_000, "first"),
            (2_000, 4_000, "meanwhile"),
            (5_000, 6_000, "last"),
        ]

    def test_last_as_long_as_reading_takes_where_no_end_is_told(self) -> None:
        text = "1\n00:00:03,000 --> 00:00:03,000\nBack so soon?\n"

        assert told(read(text)) == [(3_000, 4_000, "Back so soon?")]

    def test_lie_within_the_video_or_say_so(self) -> None:
        text = (
            "1\n00:00:58,000 --> 00:01:09,000\nover the end\n\n"
            "2\n00:02:00,000 --> 00:02:01,000\nbehind it\n\n"
            "3\n999:00:00,000 --> 999:00:01,000\nnever\n"
        )

        found = read(text)

        assert told(found) == [
            (58_000, 60_000, "over the end"),
            (120_000, 121_000, "behind it"),
        ]
        assert [cue.flags for cue in found] == [(), ("outside_audio",)]

    def test_of_another_video_are_refused(self) -> None:
        with pytest.raises(StageError, match="outside_video"):
            read(subtitled.SRT, duration_ms=500)

    def test_give_words_and_no_styles_or_programs(self) -> None:
        text = (
            f"1\n{_ARROW}<font color=red>Red</font> {{\\an8}}<i>and</i> "
            "<script>alert(1)</script> a < b &amp; c\n"
        )

        assert read(text)[0].text == "Red and alert(1) a < b & c"

    @pytest.mark.parametrize(
        "content",
        [
            b"\0" * 1_000_000,
            bytes(range(256)) * 4_000,
            b"\n" * 1_000_000,
            _ARROW.encode() * 30_000,
            b"\x89PNG\r\n\x1a\n" + bytes(1_000),
            b"WEBVTT\n\n" + b"\xff\xfe\x00" * 100_000,
        ],
        ids=["zeros", "bytes", "lines", "times", "picture", "vtt"],
    )
    def test_of_rubbish_are_refused_in_one_sentence(self, content: bytes) -> None:
        with pytest.raises(StageError) as refused:
            read(content)

        assert refused.value.code == "not_subtitles"
        assert refused.value.message.count("\n") == 0

    def test_of_too_many_cues_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subtitles, "MAX_CUES", 100)
        text = "".join(f"{_ARROW}x{number}\n\n" for number in range(subtitles.MAX_CUES + 1))

        with pytest.raises(StageError, match="too_many_cues"):
            read(text)

    def test_with_a_whole_book_in_a_cue_are_cut(self) -> None:
        (cue,) = read(f"1\n{_ARROW}" + "<b{" * 300_000)

        assert len(cue.text) == subtitles.MAX_TEXT

    def test_read_back_what_we_write(self) -> None:
        cues = [
            Cue(0, 1_500, "Ships leave, <b>&\nthe harbour.", None, ()),
            Cue(2_000, 3_500, "שלום, עולם. 你好。", None, ()),
            Cue(4_000, 5_000, "{no} tag", None, ()),
        ]

        assert told(read(to_vtt(show(cues, [])))) == told(cues)
        assert told(read(to_srt(show(cues, []))))[1] == told(cues)[1]

    def test_agree_with_another_parser(self) -> None:
        other = pysubs2.SSAFile.from_string(subtitled.SRT, format_="srt")

        assert told(read(subtitled.SRT)) == [(e.start, e.end, e.plaintext) for e in other]


class TestTracks:
    def test_say_the_same_in_every_form(self, tmp_path: Path) -> None:
        texts = [("srt", subtitled.SRT), ("webvtt", subtitled.VTT), ("ass", subtitled.ASS)]
        subtitled.write(tmp_path / "a.mkv", *texts)
        subtitled.write(tmp_path / "a.mp4", ("srt", subtitled.SRT), pictures=True)

        for name in ("a.mkv", "a.mp4"):
            for stream in probe(tmp_path / name, Limits()).subtitles:
                lines = subtitles.read_track(
                    tmp_path / name, stream.index, Limits(), lambda _: None
                )
                found = told(list(subtitles.cues(lines, DURATION_MS)))
                assert [text for _, _, text in found] == [text for _, _, text in subtitled.SAID]
                for (start, end, _), (true_start, true_end, _) in zip(
                    found, subtitled.SAID, strict=True
                ):
                    assert abs(start - true_start) < 30  # what the sound's encoder needs ahead
                    assert end - start == true_end - true_start

    def test_are_told_by_the_probe(self, tmp_path: Path) -> None:
        subtitled.write(tmp_path / "a.mkv", ("srt", subtitled.SRT), ("ass", subtitled.ASS))
        subtitled.pictured(tmp_path / "b.mkv")

        found = probe(tmp_path / "a.mkv", Limits()).subtitles
        (pictured,) = probe(tmp_path / "b.mkv", Limits()).subtitles

        assert [(one.index, one.codec, one.language, one.readable) for one in found] == [
            (1, "subrip", "eng", True),
            (2, "ass", "eng", True),
        ]
        assert found[0].title == "As <b>said</b>"
        assert (pictured.codec, pictured.readable) == ("dvb_subtitle", False)

    @pytest.mark.parametrize(("index", "code"), [(0, "unknown_track"), (9, "unknown_track")])
    def test_that_are_none_are_refused(self, tmp_path: Path, index: int, code: str) -> None:
        clips.sound_only(tmp_path / "a.wav")

        with pytest.raises(StageError, match=code):
            list(subtitles.read_track(tmp_path / "a.wav", index, Limits(), lambda _: None))

    def test_of_pictures_are_refused(self, tmp_path: Path) -> None:
        subtitled.pictured(tmp_path / "a.mkv")

        with pytest.raises(StageError, match="bitmap_subtitles"):
            list(subtitles.read_track(tmp_path / "a.mkv", 1, Limits(), lambda _: None))


class TestReadSubtitles:
    @pytest.fixture
    def context(self, tmp_path: Path) -> Context:
        media = Media(DURATION_MS, "mov", 1, 0, None, ())
        return Context(
            video=VideoInfo(tmp_path / "a.mkv"),
            workdir=tmp_path,
            models_dir=tmp_path,
            threads=1,
            upstream={Media: Upstream(media, tmp_path)},
            report=lambda _: None,
        )

    def test_reads_a_file_that_was_brought(self, context: Context) -> None:
        (context.workdir / ATTACHED).write_bytes(subtitled.SRT.encode())

        found = ReadSubtitles(checksum_sha256="0" * 64, language="de").run(context)

        assert isinstance(found, Transcript)
        assert (found.language, found.language_probability, found.model) == ("de", None, "")
        assert told(list(found.cues)) == subtitled.SAID

    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("Die Schiffe verlassen den Hafen, und alle winken.", "de"),
            ("The ships leave the harbour, and all of them wave.", "en"),
            ("12:30", "und"),
        ],
    )
    def test_detects_a_language_that_nobody_gave(
        self, context: Context, text: str, language: str
    ) -> None:
        (context.workdir / ATTACHED).write_bytes(f"1\n{_ARROW}{text}\n".encode())

        found = ReadSubtitles(checksum_sha256="0" * 64).run(context)

        assert found.language == language
        assert (found.language_probability is None) == (language == "und")

    def test_reads_a_track(self, context: Context) -> None:
        subtitled.write(context.video.source, ("srt", subtitled.SRT))
        done: list[float] = []

        found = ReadSubtitles(track=1).run(replace(context, report=done.append))

        assert [cue.text for cue in found.cues] == [text for _, _, text in subtitled.SAID]
        assert found.language == "und"
        assert all(0 <= one <= 1 for one in done)


@given(
    st.lists(
        st.sampled_from(
            [
                *("1\n", "\n", "\n\n", _ARROW, "00:00:59.999 --> 99:00:00.000 align:left\n"),
                *("WEBVTT\n", "NOTE x\n", "STYLE\n", "<i>", "<v A>", "{\\p1}", "{", "}", "\\N"),
                *(
                    "-->",
                    "a",
                    "\u05d0\u202e",
                    "\0",
                    "\ufffe",
                    "&lt;",
                    "-01:00:00,000 --> 00:00:00,500\n",
                ),
            ]
        ),
        max_size=30,
    )
)
@settings(max_examples=150)
def test_whatever_is_read_can_be_stored_and_shown(pieces: list[str]) -> None:
    found: list[Cue] = []
    with suppress(StageError):  # which says why
        found = read("".join(pieces))

    starts = [cue.start_ms for cue in found]
    assert starts == sorted(starts)
    for cue in found:
        assert 0 <= cue.start_ms < cue.end_ms
        assert cue.text.strip()
        assert "\0" not in cue.text and "\n\n" not in cue.text
    assert to_vtt(show(found, [])).count("-->") == len(found)


def test_ffmpeg_opens_no_file_that_subtitles_name() -> None:
    with pytest.raises(StageError, match="not_subtitles"):
        read(b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000\n\nfile:/etc/passwd\n")
