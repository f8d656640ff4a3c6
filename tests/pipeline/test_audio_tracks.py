"""Which of several audio tracks is listened to, in files made here."""

import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.contract import Limits
from pipeline.errors import StageError
from pipeline.media.audio_tracks import first_with_speech, snatches
from pipeline.media.probe import probe
from pipeline.results import Audio, AudioStream, Media
from pipeline.stages.extract_audio import ExtractAudio
from pipeline.stages.probe import Probe
from tests import clips
from tests.fuzz.containers import whole
from tests.pipeline.running import run_stages

Samples = npt.NDArray[np.int16]
RATE = 16_000


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Ten seconds of speech."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    clips.speech(path, times=1)
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(10 * RATE), np.int16)


def write(path: Path, tracks: Sequence[tuple[Samples, str, str]]) -> None:
    """Write tracks of sound, language and title as MKV."""
    with av.open(str(path), "w") as container:
        streams = []
        for _, language, title in tracks:
            stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
            stream.metadata.update({"language": language, "title": title})
            streams.append(stream)
        for at in range(0, 10 * RATE, RATE):
            for stream, (sound, _, _) in zip(streams, tracks, strict=True):
                frame = av.AudioFrame.from_ndarray(sound[None, at : at + RATE], "s16", "mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))


def chosen(
    path: Path, folder: Path, *, track: int | None = None, language: str | None = None
) -> int:
    done = run_stages(path, folder, (Probe(), ExtractAudio(track=track, language=language)))
    audio: Audio = done[Audio].result
    return audio.stream_index


class TestExtractAudio:
    @pytest.fixture
    def film(self, tmp_path: Path, voice: Samples) -> Path:
        """Silence, a director who comments, English, German."""
        path = tmp_path / "film.mkv"
        silence = np.zeros_like(voice)
        write(
            path,
            [
                (silence, "eng", ""),
                (voice, "eng", "Director's commentary"),
                (voice, "eng", ""),
                (voice, "deu", ""),
            ],
        )
        return path

    def test_takes_the_first_track_with_speech(self, film: Path, tmp_path: Path) -> None:
        assert chosen(film, tmp_path) == 2

    def test_takes_the_language_that_was_given(self, film: Path, tmp_path: Path) -> None:
        assert chosen(film, tmp_path, language="de") == 3

    def test_takes_the_track_that_was_asked_for(self, film: Path, tmp_path: Path) -> None:
        assert chosen(film, tmp_path, track=1) == 1

    def test_refuses_a_track_that_is_not_there(self, film: Path, tmp_path: Path) -> None:
        with pytest.raises(StageError, match="it has: 0, 1, 2, 3") as caught:
            chosen(film, tmp_path, track=9)

        assert caught.value.code == "unknown_audio_track"
        assert "retry once the analysis has ended" in caught.value.message

    def test_takes_silence_where_there_is_nothing_else(
        self, tmp_path: Path, voice: Samples
    ) -> None:
        silence = np.zeros_like(voice)
        path = tmp_path / "silent.mkv"
        write(path, [(silence, "eng", "Music and Effects"), (silence, "eng", "")])

        assert chosen(path, tmp_path) == 1


class TestProbe:
    def test_tells_titles_and_what_is_aside(self, tmp_path: Path, voice: Samples) -> None:
        path = tmp_path / "film.mkv"
        write(path, [(voice, "eng", "Stereo"), (voice, "eng", "Audio description")])

        media: Media = run_stages(path, tmp_path, (Probe(),))[Media].result

        told = [(stream.title, stream.aside) for stream in media.audio]
        assert told == [("Stereo", False), ("Audio description", True)]


class TestFirstWithSpeech:
    stream = AudioStream(1, "aac", 2, 48_000, "eng")

    def test_prefers_the_one_that_players_take(self) -> None:
        streams = [self.stream, replace(self.stream, index=2, default=True)]

        assert first_with_speech(streams, None, lambda _: True).index == 2

    def test_hears_commentary_where_nobody_else_speaks(self) -> None:
        streams = [self.stream, replace(self.stream, index=2, aside=True)]

        assert first_with_speech(streams, None, lambda s: s.aside).index == 2

    def test_listens_to_no_single_track(self) -> None:
        assert first_with_speech([self.stream], None, lambda _: False) is self.stream


class TestSnatches:
    def test_pass_over_streams_that_appear_where_a_file_is_damaged(self, tmp_path: Path) -> None:
        flv = whole("flv")

        for end in ends_of_tags(flv):
            damaged = tmp_path / "damaged.flv"
            damaged.write_bytes(flv[: end - 2] + b"\x20" + flv[end - 1 :])
            media = probe(damaged, Limits())
            for stream in media.audio:
                times = {"start_ms": media.start_ms, "duration_ms": media.duration_ms}
                snatches(damaged, stream.index, limits=Limits(), **times)


def ends_of_tags(flv: bytes) -> Iterator[int]:
    """Yield where the tags of an FLV file end, each with its own size once more."""
    at = 13
    while at < len(flv):
        at += 11 + int.from_bytes(flv[at + 1 : at + 4]) + 4
        yield at
