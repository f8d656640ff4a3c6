"""Where somebody speaks, and in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.contract import Context, Precision, Stage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable
from pipeline.results import Audio, Shard, Speech

if TYPE_CHECKING:
    from pipeline.engines.chunks import Chunk
    from pipeline.engines.vad import Samples

_VAD = "silero-vad-v6"


@dataclass(frozen=True)
class DetectSpeech(Stage):
    """Find speech and its language, once for all shards that the transcription is divided into."""

    name, version = "detect_speech", 2
    produces, needs = Speech, (Audio,)
    weight = 0.5

    language: str | None = None
    """ISO 639-1 code of what is spoken; None: detected."""
    model: str = "whisper-base"
    """Tells the language where nobody did."""
    chunks_per_shard: int = 8
    """How many chunks of up to 30 s make a shard. A multiple of transcribe's `batch_size`: then
    the model hears the same batches as without shards."""
    precision: Precision = "int8"
    """Of the model that tells the language."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_VAD, self.model)

    def run(self, ctx: Context) -> Speech:
        import numpy as np

        from pipeline.engines import vad
        from pipeline.engines.chunks import chunked

        catalogue.locate(_VAD, ctx.models_dir)
        audio = ctx.get(Audio)
        samples = np.load(ctx.path(Audio, audio.file), mmap_mode="r")
        spans = vad.speech_spans(samples, ctx.report)
        if not spans:
            raise NotApplicable("no_speech", "Nobody speaks in this video.")
        chunks = chunked(spans, len(samples))
        language, probability = self._language(ctx, samples, chunks)
        shards = _shards(chunks, self.chunks_per_shard, audio.duration_ms)
        return Speech(shards, tuple(spans), language, probability)

    def _language(
        self, ctx: Context, samples: "Samples", chunks: "Sequence[Chunk]"
    ) -> tuple[str, float | None]:
        from pipeline.engines import whisper

        if self.language:
            return self.language, None
        engine = whisper.load(
            catalogue.locate(self.model, ctx.models_dir),
            ctx.threads,
            device=ctx.device,
            precision=self.precision,
        )
        return engine.detect_language(samples, chunks)


def _shards(chunks: "Sequence[Chunk]", size: int, duration_ms: int) -> tuple[Shard, ...]:
    """Cut the timeline where every `size`th chunk begins.

    Less than half a shard at the end stays with the one before: it is not worth a worker's turn.
    """
    count = max(1, (len(chunks) + size // 2) // size)
    cuts_ms = [0, *(chunks[i * size].start_ms for i in range(1, count)), duration_ms]
    return tuple(Shard(start, end) for start, end in pairwise(cuts_ms))
