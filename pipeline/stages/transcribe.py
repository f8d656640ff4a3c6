"""What is said, and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.contract import Context, Precision, SplitStage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable, StageError
from pipeline.results import Audio, Shard, Speech, Transcript, Words

_SAMPLES_PER_MS = 16


@dataclass(frozen=True)
class Transcribe(SplitStage):
    """Turn speech into words with times, shard by shard, and set the words as cues."""

    name, version = "transcribe", 2
    produces, needs = Transcript, (Audio, Speech)
    split_by, part = Speech, Words
    weight = 8.0

    model: str = "whisper-base"
    english_model: str | None = None
    """Takes over where the language is English."""
    beam_size: int = 5
    batch_size: int = 8
    """How many chunks of up to 30 s the model hears at once: speed for memory."""
    precision: Precision = "int8"

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model, *filter(None, [self.english_model]))

    def run_part(self, ctx: Context, shard: Shard) -> Words:
        import numpy as np

        from pipeline.engines import whisper

        audio, speech = ctx.get(Audio), ctx.get(Speech)
        samples = np.load(ctx.path(Audio, audio.file), mmap_mode="r")
        english = speech.language == "en"
        name = self.english_model if english and self.english_model else self.model
        engine = whisper.load(
            catalogue.locate(name, ctx.models_dir),
            ctx.threads,
            device=ctx.device,
            precision=self.precision,
        )
        if speech.language not in engine.languages:
            raise StageError(
                "unsupported_language",
                f'The speech model does not know the language "{speech.language}". '
                "Leave the language empty to have it detected.",
            )
        chunks = whisper.chunked(speech.spans, len(samples))
        words = engine.transcribe(
            samples,
            [chunk for chunk in chunks if shard.start_ms <= chunk.start_ms < shard.end_ms],
            language=speech.language,
            beam_size=self.beam_size,
            batch_size=self.batch_size,
            report=ctx.report,
        )
        return Words(tuple(words), name)

    def join(self, ctx: Context, parts: Sequence[Words]) -> Transcript:
        """Lay the words of all shards onto the speech and set them as cues."""
        from pipeline.engines import alignment
        from pipeline.media import cues

        speech, duration_ms = ctx.get(Speech), ctx.get(Audio).duration_ms
        words = [word for part in parts for word in part.words]
        speech_ms = [(a // _SAMPLES_PER_MS, b // _SAMPLES_PER_MS) for a, b in speech.spans]
        placed = tuple(alignment.align(words, speech_ms, duration_ms))
        if not placed:
            raise NotApplicable("no_speech", "No words are spoken in this video.")
        found = cues.build(placed, duration_ms)
        return Transcript(speech.language, speech.language_probability, found, parts[0].model)
