"""Where speech is and how it is divided, with the real engine on the bundled sample."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.engines import vad
from pipeline.engines.chunks import Chunk, chunked
from pipeline.results import Speech
from pipeline.stages import detect_speech
from pipeline.stages.detect_speech import DetectSpeech
from tests.pipeline.hearing import Samples, listening, sample_sound


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return sample_sound(tmp_path_factory.mktemp("sample"))


def mask(spans: list[vad.Span], total: int) -> npt.NDArray[np.bool_]:
    """Whether each sample is within speech, (total,) bool."""
    speaking = np.zeros(total, np.bool_)
    for start, end in spans:
        speaking[start:end] = True
    return speaking


class TestDetectSpeech:
    def test_names_shards_that_tile_the_sound_and_end_in_silence(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        samples = np.tile(sample, 3)

        ctx = listening(
            samples, tmp_path, models_dir, detect=DetectSpeech(chunks_per_shard=1), language="en"
        )

        speech = ctx.get(Speech)
        assert len(speech.shards) == len(chunked(speech.spans, len(samples))) > 3
        assert speech.shards[0].start_ms == 0
        assert speech.shards[-1].end_ms == len(samples) // 16
        assert all(a.end_ms == b.start_ms for a, b in pairwise(speech.shards))
        for shard in speech.shards[1:]:
            assert not any(start < shard.start_ms * 16 < end for start, end in speech.spans)

    @pytest.mark.parametrize(
        ("chunks", "shards"), [(1, 1), (8, 1), (11, 1), (12, 2), (16, 2), (19, 2), (20, 3)]
    )
    def test_makes_no_shard_of_a_small_rest(self, chunks: int, shards: int) -> None:
        heard = [Chunk(((16_000 * i, 16_000 * i + 8_000),)) for i in range(chunks)]

        found = detect_speech._shards(heard, 8, 1000 * chunks)

        assert [shard.start_ms for shard in found] == [8000 * i for i in range(shards)]


class TestSpeechSpans:
    @pytest.mark.parametrize("seconds", [20, 25, 31])
    def test_does_not_depend_on_blocks(
        self, sample: Samples, seconds: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        samples = np.tile(sample, 3)
        whole = mask(vad.speech_spans(samples, lambda _: None), len(samples))

        monkeypatch.setattr(vad, "_BLOCK", seconds * 16_000)
        in_blocks = mask(vad.speech_spans(samples, lambda _: None), len(samples))

        assert 0.5 < whole.mean() < 0.9
        assert (whole != in_blocks).mean() < 0.02

    def test_are_those_of_the_same_voice_through_a_telephone(self, sample: Samples) -> None:
        parts = np.fft.rfft(sample)
        hertz = np.fft.rfftfreq(len(sample), 1 / 16_000)
        parts[(hertz < 300) | (hertz > 3_400)] = 0
        telephone = np.round(np.fft.irfft(parts, len(sample)) / 256) * 256

        heard = mask(vad.speech_spans(sample, lambda _: None), len(sample))
        again = mask(vad.speech_spans(telephone.astype(np.int16), lambda _: None), len(sample))

        assert again[heard].mean() > 0.95

    def test_ends_even_where_speech_is_longer_than_a_block(
        self, sample: Samples, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vad, "_BLOCK", 16_000)

        spans = vad.speech_spans(sample, lambda _: None)

        assert all(a < b for a, b in spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


class TestChunked:
    def test_gives_the_chunks_that_the_engine_would_make(self, sample: Samples) -> None:
        from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

        sound = vad.as_float(np.tile(sample, 3))
        options = VadOptions(max_speech_duration_s=30, min_silence_duration_ms=160)
        padded = get_speech_timestamps(sound, options)
        expected, _ = collect_chunks(sound, padded, max_duration=30)

        samples = np.tile(sample, 3)
        chunks = chunked(vad.speech_spans(samples, lambda _: None), len(samples))

        found: list[Any] = [chunk.sound(samples) for chunk in chunks]
        assert [span for chunk in chunks for span in chunk.spans] == [
            (s["start"], s["end"]) for s in padded
        ]
        assert len(found) > 1
        assert [len(sound) for sound in found] == [len(sound) for sound in expected]


class TestChunk:
    def test_puts_words_back_on_the_timeline(self) -> None:
        chunk = Chunk(((16_000, 32_000), (80_000, 96_000)))

        words = list(chunk.words([(0.1, 0.4, " one", 0.9), (1.2, 1.5, " two", 0.8)], "en"))

        assert [(w.start_ms, w.end_ms, w.text) for w in words] == [
            (1_100, 1_400, "one"),
            (5_200, 5_500, "two"),
        ]

    def test_joins_what_the_engine_splits_inside_a_word(self) -> None:
        chunk = Chunk(((0, 32_000),))
        raw = [(0.0, 0.4, " twenty", 0.9), (0.4, 0.8, "-one", 0.5), (0.8, 1.0, " ", 0.9)]

        words = list(chunk.words(raw, "en"))

        assert [(w.text, w.end_ms, w.probability) for w in words] == [("twenty-one", 800, 0.5)]

    def test_keeps_the_characters_of_unspaced_scripts_apart(self) -> None:
        chunk = Chunk(((0, 32_000),))

        words = list(chunk.words([(0.0, 0.4, "私", 0.9), (0.4, 0.8, "は", 0.5)], "ja"))

        assert [w.text for w in words] == ["私", "は"]
