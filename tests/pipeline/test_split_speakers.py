"""Who speaks, with the real model, on the sample's two voices."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import campplus, catalogue, vad
from pipeline.errors import NotApplicable
from pipeline.results import Audio, Shard, SoundEvent, Sounds, Speakers, Speech
from pipeline.stages.split_speakers import SplitSpeakers
from tests import clips, noises

RATE = noises.RATE_HZ


@pytest.fixture(scope="module")
def spoken() -> npt.NDArray[np.int16]:
    """A man's sentence, a woman's and the man's again, with a second of silence between."""
    samples = np.frombuffer(clips.spoken(), "<i2")
    return samples[: round(13.5 * RATE)]


def split(
    folder: Path,
    samples: npt.NDArray[np.int16],
    spans: list[tuple[int, int]],
    *events: SoundEvent,
) -> Speakers:
    np.save(folder / "audio.npy", samples)
    duration_ms = len(samples) // 16
    upstream = {
        Audio: Audio("audio.npy", duration_ms, 0),
        Speech: Speech((Shard(0, duration_ms),), tuple(spans), "en", None),
        Sounds: Sounds(events, "yamnet"),
    }
    told: list[float] = []
    found = SplitSpeakers().run(
        Context(
            VideoInfo(folder),
            folder,
            folder,
            1,
            {kind: Upstream(result, folder) for kind, result in upstream.items()},
            told.append,
        )
    )
    assert told == sorted(told)
    return found


class TestSplitSpeakers:
    def test_tells_two_voices_apart_and_knows_one_again(
        self, tmp_path: Path, spoken: npt.NDArray[np.int16]
    ) -> None:
        spans = vad.speech_spans(spoken, lambda _: None)

        found = split(tmp_path, spoken, spans)

        assert found.model == "campplus"
        assert [turn.speaker for turn in found.turns] == [1, 2, 1]
        for turn, start_ms in zip(found.turns, (400, 4360, 9640), strict=True):
            assert turn.start_ms == pytest.approx(start_ms, abs=250)
            assert 0.6 < turn.confidence <= 1

    def test_leaves_out_what_is_music(self, tmp_path: Path, spoken: npt.NDArray[np.int16]) -> None:
        spans = [(RATE, 2 * RATE), (5 * RATE, 8 * RATE)]
        music = SoundEvent("music", 0, 3500, 0.9, 0.8)

        (turn,) = split(tmp_path, spoken, spans, music).turns

        assert (turn.start_ms, turn.end_ms) == (5000, 8000)

    def test_knows_a_voice_again_over_music(
        self, tmp_path: Path, spoken: npt.NDArray[np.int16]
    ) -> None:
        over_music = spoken.copy()
        at = round(9.6 * RATE)
        band = noises.music((len(spoken) - at) / RATE)
        over_music[at:] = noises.pcm(spoken[at:] / 32_768 + band[: len(spoken) - at] * 0.5)
        spans = [(round(0.5 * RATE), 4 * RATE), (5 * RATE, 8 * RATE), (10 * RATE, 13 * RATE)]
        music = SoundEvent("music", 9600, 13_500, 0.9, 0.8)

        found = split(tmp_path, over_music, spans, music)

        assert [turn.speaker for turn in found.turns] == [1, 2, 1]

    def test_is_skipped_where_nobody_speaks_long_enough(self, tmp_path: Path) -> None:
        with pytest.raises(NotApplicable, match="long enough") as skipped:
            split(tmp_path, np.zeros(RATE, np.int16), [(100, 900)])

        assert skipped.value.code == "no_speech"


class TestFbank:
    def test_is_kaldis(self, spoken: npt.NDArray[np.int16]) -> None:
        """Against the formulas written out."""
        window = spoken[RATE : RATE + campplus.WINDOW]
        found = campplus.fbank(window)

        rows = []
        low, high = (1127 * np.log(1 + hertz / 700) for hertz in (20, 8000))
        step = (high - low) / 81
        for at in range(148):
            frame = window[at * 160 : at * 160 + 400] / 32_768
            frame = frame - frame.mean()
            frame = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
            frame = frame * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
            power = np.abs(np.fft.fft(frame, 512)) ** 2
            mels = 1127 * np.log(1 + np.arange(256) * 31.25 / 700)
            bands = [
                np.clip(1 - np.abs(mels - (low + step * band)) / step, 0, 1) @ power[:256]
                for band in range(1, 81)
            ]
            rows.append(np.log(np.maximum(bands, np.finfo(np.float32).eps)))
        true = np.array(rows) - np.mean(rows, axis=0)
        assert found == pytest.approx(true, abs=0.02)


class TestEmbed:
    def test_one_voice_is_more_like_itself_than_another(
        self, tmp_path: Path, spoken: npt.NDArray[np.int16]
    ) -> None:
        voices = campplus.load(catalogue.locate("campplus", tmp_path), 1, "cpu")
        at_s = (0.5, 1.8, 10.0, 5.0, 6.5)  # three of the man's, two of the woman's
        cut = [spoken[round(s * RATE) :][: campplus.WINDOW] for s in at_s]

        vectors = voices.embed(np.stack(cut))

        likeness = vectors @ vectors.T
        assert vectors.shape == (5, 192)
        assert np.diag(likeness) == pytest.approx(1)
        assert likeness[:3, :3].min() > 0.5 > likeness[:3, 3:].max()
        assert likeness[3, 4] > 0.5
