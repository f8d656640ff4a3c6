"""Speech to cues with the real engine, on the bundled sample and on sounds made here."""

import json
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines import catalogue, vad, whisper
from pipeline.engines.chunks import Chunk
from pipeline.errors import ModelMissing, NotApplicable, StageError
from pipeline.results import Speech, Transcript, Utterance, Word, Words, dump, load
from pipeline.stages.detect_speech import DetectSpeech
from pipeline.stages.transcribe import Transcribe
from tests import clips, unspoken
from tests.pipeline.hearing import (
    Samples,
    decoded,
    listening,
    run,
    sample_sound,
    spoken,
    word_error_rate,
)

ROOT = Path(__file__).resolve().parents[2]
TRUTH = json.loads(clips.SAMPLE.with_suffix(".json").read_text())["sentences"]
HOTWORDS = ROOT.parent / "shared" / "media" / "hotwords.mp3"
MULTILINGUAL = ROOT.parent / "shared" / "media" / "multilingual.mp3"
JFK = ROOT.parent / "shared" / "media" / "jfk.flac"


def engine_alone(samples: Samples, models_dir: Path) -> str:
    """What faster-whisper's batched pipeline writes by itself, with its defaults."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    folder = str(catalogue.locate("whisper-base", models_dir))
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)
    segments, _ = BatchedInferencePipeline(model).transcribe(vad.as_float(samples))
    return " ".join(segment.text for segment in segments)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return sample_sound(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def english(
    sample: Samples, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Transcript:
    """What is heard where the language is given."""
    return run(sample, tmp_path_factory.mktemp("english"), models_dir, language="en")


class TestTranscribe:
    def test_hears_what_the_engine_alone_hears(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        progress: list[float] = []

        transcript = run(sample, tmp_path, models_dir, progress=progress)

        truth = " ".join(sentence["text"] for sentence in TRUTH)
        alone = word_error_rate(truth, engine_alone(sample, models_dir))
        assert transcript.language == "en"
        assert transcript.language_probability == pytest.approx(1, abs=0.1)
        assert transcript.model == "whisper-base"
        assert word_error_rate(truth, spoken(transcript)) <= alone <= 0.1
        assert progress == sorted(progress)
        assert progress[-1] == 1
        # Both chunks are one batch, of which encoding alone tells twice.
        assert len([done for done in progress if done <= 0.4]) >= 2

    def test_begins_cues_with_the_voice(self, english: Transcript) -> None:
        starts = np.array([cue.start_ms for cue in english.cues])

        for sentence in TRUTH:
            assert np.abs(starts - sentence["start_ms"]).min() <= 150, sentence

    def test_words_are_in_order_and_within_the_sound(
        self, sample: Samples, english: Transcript
    ) -> None:
        words = [word for cue in english.cues for word in cue.words]

        assert all(w.start_ms < w.end_ms <= len(sample) // 16 for w in words)
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(words))
        assert all(0 < w.probability <= 1 for w in words)
        assert english.language_probability is None

    def test_travels_as_json(self, sample: Samples, tmp_path: Path, models_dir: Path) -> None:
        transcript = run(sample[: 9 * 16_000], tmp_path, models_dir)

        dump(transcript, tmp_path)

        assert load(Transcript, tmp_path) == transcript

    def test_hands_english_to_the_english_model(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        stage = Transcribe(english_model="whisper-tiny.en")

        transcript = run(sample, tmp_path, models_dir, stage=stage)

        truth = " ".join(sentence["text"] for sentence in TRUTH)
        assert (transcript.model, transcript.language) == ("whisper-tiny.en", "en")
        assert word_error_rate(truth, spoken(transcript)) <= 0.1

    def test_keeps_the_multilingual_model_for_other_languages(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        stage = Transcribe(english_model="whisper-tiny.en")

        transcript = run(sample, tmp_path, models_dir, stage=stage, language="de")

        assert (transcript.model, transcript.language) == ("whisper-base", "de")

    def test_hears_doubtful_chunks_again(
        self, sample: Samples, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.engines.listening.doubtful", lambda _: True)

        transcript = run(sample, tmp_path, models_dir, language="en")

        truth = " ".join(sentence["text"] for sentence in TRUTH)
        assert word_error_rate(truth, spoken(transcript)) <= 0.15

    @pytest.mark.parametrize(
        "sound",
        [
            np.zeros(48_000, np.int16),
            np.random.default_rng(1).normal(0, 2_000, 48_000).astype(np.int16),
            (8_000 * np.sin(np.arange(48_000) / 5)).astype(np.int16),
            np.zeros(1, np.int16),
        ],
        ids=["silence", "noise", "tone", "one sample"],
    )
    def test_skips_sound_without_speech(
        self, sound: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        with pytest.raises(NotApplicable) as caught:
            run(sound, tmp_path, models_dir)

        assert caught.value.code == "no_speech"

    def test_refuses_a_language_that_the_model_lacks(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        with pytest.raises(StageError, match="does not know the language") as caught:
            run(sample, tmp_path, models_dir, language="xx")

        assert caught.value.code == "unsupported_language"

    def test_is_skipped_without_weights(
        self, sample: Samples, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(name: str, models_dir: Path) -> Path:
            raise ModelMissing(name, "Not there.", "pull")

        monkeypatch.setattr(catalogue, "locate", absent)

        with pytest.raises(NotApplicable) as caught:
            run(sample, tmp_path, models_dir)

        assert caught.value.code == "model_missing"

    def test_does_not_depend_on_shards_or_the_order_of_parts(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        stage = Transcribe(model="whisper-tiny.en", batch_size=1)
        whole = run(sample, tmp_path, models_dir, stage=stage, language="en")
        ctx = listening(
            sample, tmp_path, models_dir, detect=DetectSpeech(chunks_per_shard=1), language="en"
        )
        shards = list(enumerate(ctx.get(Speech).shards))
        assert len(shards) == 2

        parts = {}
        for place, shard in reversed(shards):
            dump(stage.run_part(ctx, shard), tmp_path)
            parts[place] = load(Words, tmp_path)
        joined = stage.join(ctx, [parts[place] for place, _ in shards])

        assert joined == whole

    def test_names_its_weights(self) -> None:
        stage = Transcribe(english_model="whisper-tiny.en")

        assert set(stage.models) <= set(catalogue.CATALOGUE)
        assert stage.models == ("whisper-base", "whisper-tiny.en")

    @pytest.mark.media
    @pytest.mark.skipif(not JFK.exists(), reason="the developers' shared media are not here")
    def test_hears_a_speech_of_1961(self, tmp_path: Path, models_dir: Path) -> None:
        samples = decoded(JFK, tmp_path)

        transcript = run(samples, tmp_path, models_dir)

        truth = (
            "And so, my fellow Americans, ask not what your country can do for you, "
            "ask what you can do for your country."
        )
        alone = word_error_rate(truth, engine_alone(samples, models_dir))
        assert word_error_rate(truth, spoken(transcript)) <= alone
        assert transcript.cues[0].start_ms == pytest.approx(320, abs=300)


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """9 s of English, then 14 s of German: one chunk."""
    both = decoded(MULTILINGUAL, tmp_path_factory.mktemp("turns"))
    english, german = both[21 * 16_000 : 30 * 16_000], both[30 * 16_000 : 45 * 16_000]
    return np.concatenate([english, german])


@pytest.mark.media
@pytest.mark.skipif(not MULTILINGUAL.exists(), reason="the developers' shared media are not here")
class TestLanguages:
    def test_are_heard_each_as_itself(
        self, turns: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        transcript = run(turns, tmp_path, models_dir)

        said = {
            language: " ".join(cue.text for cue in cues)
            for language, cues in groupby(transcript.cues, key=lambda cue: cue.language)
        }
        assert list(said) == ["en", "de"]
        assert "copyright notice" in said["en"]
        assert transcript.language == "de"
        assert "Software" in said["de"]
        assert transcript.cues[-1].end_ms > 20_000


class TestWhisper:
    def test_tells_the_language_of_each_piece(self, sample: Samples, models_dir: Path) -> None:
        engine = whisper.load(catalogue.locate("whisper-base", models_dir), 2)
        chunk = Chunk(((0, 4 * 16_000), (4 * 16_000, 9 * 16_000)))

        told = engine.tell(sample, chunk)

        assert [max(odds, key=odds.__getitem__) for odds in told] == ["en", "en"]
        assert all(sum(odds.values()) == pytest.approx(1, abs=0.01) for odds in told)


@pytest.mark.media
@pytest.mark.skipif(not HOTWORDS.exists(), reason="the developers' shared media are not here")
class TestVocabulary:
    def test_is_heard_as_it_is_written(self, tmp_path: Path, models_dir: Path) -> None:
        stage = Transcribe(vocabulary=("ComfyUI",), glossary=(("folder", "directory"),))

        transcript = run(decoded(HOTWORDS, tmp_path), tmp_path, models_dir, stage=stage)

        assert "ComfyUI directory" in spoken(transcript)


class TestFlags:
    def test_none_for_speech_also_over_music(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        music = unspoken.as_samples(0.3 * unspoken.band(len(sample), 3))

        transcript = run(sample // 2 + music, tmp_path, models_dir, language="en")

        truth = " ".join(sentence["text"] for sentence in TRUTH)
        assert word_error_rate(truth, spoken(transcript)) <= 0.2
        assert [cue.text for cue in transcript.cues if cue.flags] == []

    def test_on_all_that_is_made_up_for_music_and_noise(
        self, tmp_path: Path, models_dir: Path
    ) -> None:
        kinds = (*unspoken.NOISE, *unspoken.MUSIC)
        samples = np.concatenate([unspoken.as_samples(kind(5 * 16_000, 1)) for kind in kinds])

        try:
            found = run(samples, tmp_path, models_dir).cues
        except NotApplicable:
            found = ()

        assert [cue.text for cue in found if not cue.flags] == []

    def test_where_voice_activity_was_detected_by_mistake(
        self, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        samples = unspoken.as_samples(unspoken.silence(5 * 16_000, 1))
        monkeypatch.setattr(vad, "speech_spans", lambda *_: [(0, len(samples))])

        transcript = run(samples, tmp_path, models_dir, language="en")

        assert transcript.cues
        assert all("no_speech_likely" in cue.flags for cue in transcript.cues)

    def test_on_loops_that_the_engine_does_not_leave(
        self, sample: Samples, tmp_path: Path, models_dir: Path
    ) -> None:
        ctx = listening(sample, tmp_path, models_dir, language="en")
        loop = [Word(100 * i, 100 * i + 90, "again", 0.9) for i in range(200)]
        heard = Utterance(tuple(loop), "en", -0.1, 0.01, 20.0)

        transcript = Transcribe().join(ctx, [Words((heard,), "whisper-base")])

        assert len(spoken(transcript).split()) == 200
        assert all({"repetition", "compression"} <= set(cue.flags) for cue in transcript.cues)
