"""Sound events with the real model, on sounds that a recipe makes."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import yamnet
from pipeline.media import sounds
from pipeline.results import Audio, SoundEvent, Sounds
from pipeline.stages.hear_events import HearEvents
from tests import noises


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights are unpacked once."""
    return tmp_path_factory.mktemp("models")


def hear(folder: Path, models: Path, samples: npt.NDArray[np.int16], **parameters: Any) -> Sounds:
    np.save(folder / "audio.npy", samples)
    audio = Audio("audio.npy", len(samples) // 16, 0)
    told: list[float] = []
    found = HearEvents(**parameters).run(
        Context(VideoInfo(folder), folder, models, 1, {Audio: Upstream(audio, folder)}, told.append)
    )
    assert told == sorted(told)
    return found


def labels(found: Sounds) -> list[str]:
    return [event.label for event in found.events]


class TestHearEvents:
    def test_finds_what_sounds_where_it_does(self, tmp_path: Path, models: Path) -> None:
        scenes = [
            *(noises.silence(4), noises.siren(8), noises.noise(6)),
            *(noises.music(8), noises.silence(3), noises.smoke_alarm(8), noises.silence(2)),
        ]

        found = hear(tmp_path, models, noises.pcm(np.concatenate(scenes)))

        assert found.model == "yamnet"
        assert labels(found) == ["siren", "music", "alarm"]
        truth_ms = [(4000, 12_000), (18_000, 26_000), (29_000, 37_000)]
        for event, (start_ms, end_ms) in zip(found.events, truth_ms, strict=True):
            assert event.start_ms == pytest.approx(start_ms, abs=1000)
            assert event.end_ms == pytest.approx(end_ms, abs=1000)
            assert 0.5 <= event.confidence <= event.score <= 1

    def test_hears_the_same_whatever_is_in_memory_at_once(
        self, tmp_path: Path, models: Path
    ) -> None:
        samples = noises.pcm(np.concatenate([noises.silence(2.3), noises.siren(7.11)]))

        assert hear(tmp_path, models, samples, block_patches=3) == hear(tmp_path, models, samples)

    @pytest.mark.parametrize("count", [1, 15, 16, 399, 400, 15_599, 15_601, 40_000])
    def test_finds_nothing_in_silence_of_any_length(
        self, tmp_path: Path, models: Path, count: int
    ) -> None:
        assert hear(tmp_path, models, np.zeros(count, np.int16)).events == ()

    def test_takes_the_loudest_click_of_a_few_samples(self, tmp_path: Path, models: Path) -> None:
        assert hear(tmp_path, models, np.full(10, 32_767, np.int16)).events == ()


class TestEvents:
    """Of scores that are made: patches every 0.48 s under music."""

    def test_tells_what_rises_out_of_music_by_a_score_too_low_elsewhere(self) -> None:
        heard = under_music(gunshot=1e-4)
        heard[30, column("gunshot")] = 0.5

        found = told(heard)

        assert [(event.label, event.start_ms) for event in found] == [("gunshot", 14_647)]

    def test_tells_nothing_by_that_score_where_it_stays(self) -> None:
        assert told(under_music(gunshot=0.5)) == []

    def test_takes_one_bang_for_what_is_likeliest(self) -> None:
        heard = under_music()
        heard[30, [column("gunshot"), column("glass")]] = 0.5, 0.65

        assert [event.label for event in told(heard)] == ["glass"]

    def test_tells_what_goes_on_as_long_as_it_does(self) -> None:
        heard = under_music()
        heard[20:50, column("applause")] = 0.95

        (found,) = told(heard)

        assert (found.label, found.end_ms - found.start_ms) == ("applause", 30 * yamnet.HOP_MS)


def under_music(**scores: float) -> sounds.Floats:
    """Return half a minute in which music is heard, and labels have the `scores` throughout."""
    heard = np.full((60, len(sounds.LABELS)), 1e-6, np.float32)
    for label, score in {"music": 0.95, **scores}.items():
        heard[:, column(label)] = score
    return heard


def column(name: str) -> int:
    return [label.name for label in sounds.LABELS].index(name)


def told(heard: sounds.Floats) -> list[SoundEvent]:
    """Return the events beside music."""
    found = sounds.events(heard, yamnet.HOP_MS, yamnet.PATCH_MS, len(heard) * yamnet.HOP_MS)
    return [event for event in found if event.label != "music"]


class TestLogMel:
    def test_is_as_published(self) -> None:
        """Against the formula written out, window by window."""
        samples = noises.pcm(noises.siren(0.1) + noises.noise(0.1))

        rows = yamnet.log_mel(samples)

        edges_mel = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
        for at, row in enumerate(rows):
            window = samples[at * 160 : at * 160 + 400] / 32_768
            hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
            spectrum = np.abs(np.fft.fft(window * hann, 512))
            for band in range(64):
                low, middle, high = edges_mel[band : band + 3]
                energy = 0.0
                for bin_ in range(257):
                    mel = 1127 * np.log(1 + bin_ * 16_000 / 512 / 700)
                    rises, falls = (mel - low) / (middle - low), (high - mel) / (high - middle)
                    energy += max(0.0, min(rises, falls)) * spectrum[bin_]
                assert row[band] == pytest.approx(np.log(energy + 0.001), abs=1e-3)
        assert rows.shape == (8, 64)
