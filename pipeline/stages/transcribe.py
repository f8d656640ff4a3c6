"""What is said, and when."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable, StageError
from pipeline.results import Audio, Transcript

if TYPE_CHECKING:
    from pipeline.engines.whisper import Whisper

_VAD = "silero-vad-v6"
_VAD_SHARE = 0.05
_SAMPLES_PER_MS = 16


@dataclass(frozen=True)
class Transcribe(Stage):
    """Find speech, turn it into words with times, and set the words as cues."""

    name, version = "transcribe", 2
    produces, needs = Transcript, (Audio,)
    weight = 8.0

    model: str = "whisper-base"
    english_model: str | None = None
    """Takes over once the language is known to be English."""
    beam_size: int = 5
    batch_size: int = 8
    """How many chunks of up to 30 s the model hears at once: speed for memory."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_VAD, self.model, *filter(None, [self.english_model]))

    def run(self, ctx: Context) -> Transcript:
        import numpy as np

        from pipeline.engines import alignment, vad, whisper
        from pipeline.media import cues

        catalogue.locate(_VAD, ctx.models_dir)
        audio = ctx.get(Audio)
        samples = np.load(ctx.path(Audio, audio.file), mmap_mode="r")
        spans = vad.speech_spans(samples, lambda done: ctx.report(done * _VAD_SHARE))
        if not spans:
            raise NotApplicable("no_speech", "Nobody speaks in this video.")

        chunks = whisper.chunked(spans, len(samples))
        language, probability = ctx.video.language, None
        if language is None:
            engine = self._load(self.model, ctx)
            language, probability = engine.detect_language(samples, chunks)
        name = self.english_model if language == "en" and self.english_model else self.model
        engine = self._load(name, ctx)
        if language not in engine.languages:
            raise StageError(
                "unsupported_language",
                f'The speech model does not know the language "{language}". '
                "Leave the language empty to have it detected.",
            )

        words = engine.transcribe(
            samples,
            chunks,
            language=language,
            beam_size=self.beam_size,
            batch_size=self.batch_size,
            report=lambda done: ctx.report(_VAD_SHARE + (1 - _VAD_SHARE) * done),
        )
        speech_ms = [(a // _SAMPLES_PER_MS, b // _SAMPLES_PER_MS) for a, b in spans]
        placed = tuple(alignment.align(words, speech_ms, audio.duration_ms))
        if not placed:
            raise NotApplicable("no_speech", "No words are spoken in this video.")
        found = cues.build(placed, audio.duration_ms)
        return Transcript(language, probability, found, name)

    @staticmethod
    def _load(name: str, ctx: Context) -> "Whisper":
        from pipeline.engines import whisper

        return whisper.load(catalogue.locate(name, ctx.models_dir), ctx.threads)
