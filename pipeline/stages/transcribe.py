"""What is said, and when."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.contract import Context, Precision, SplitStage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable, StageError
from pipeline.results import SAMPLES_PER_MS, Audio, Cue, Shard, Sounds, Speech, Transcript, Words

if TYPE_CHECKING:
    from pipeline.engines.whisper import Whisper
    from pipeline.media.trust import Heard


@dataclass(frozen=True)
class Transcribe(SplitStage):
    """Turn speech into words with times, shard by shard, and set the words as cues."""

    name, version = "transcribe", 6
    produces, needs, wants = Transcript, (Audio, Speech), (Sounds,)
    split_by, part = Speech, Words
    weight = 8.0

    model: str = "whisper-base"
    english_model: str | None = None
    """Takes over where the language is English."""
    beam_size: int = 5
    batch_size: int = 8
    """How many chunks of up to 30 s the model hears at once: speed for memory."""
    precision: Precision = "int8"
    vocabulary: tuple[str, ...] = ()
    """Names and terms to expect, of the video and its workspace."""
    glossary: tuple[tuple[str, str], ...] = ()
    """What is heard, and what to write in its place."""

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model, *filter(None, [self.english_model]))

    def run_part(self, ctx: Context, shard: Shard) -> Words:
        import numpy as np

        from pipeline.engines.chunks import chunked
        from pipeline.engines.listening import Listener

        audio, speech = ctx.get(Audio), ctx.get(Speech)
        samples = np.load(ctx.path(Audio, audio.file), mmap_mode="r")
        english = speech.language == "en"
        name = self.english_model if english and self.english_model else self.model
        engine = self._load(ctx, name)
        if speech.language not in engine.languages:
            raise StageError(
                "unsupported_language",
                f'The speech model does not know the language "{speech.language}". '
                "Leave the language empty to have it detected.",
            )
        given = speech.language_probability is None
        listener = Listener(
            samples,
            engine,
            speech.language,
            polyglot=None if given else lambda: self._load(ctx, self.model),
            beam_size=self.beam_size,
            hotwords=", ".join(self.vocabulary) or None,
        )
        chunks = chunked(speech.spans, len(samples))
        heard = listener.transcribe(
            [chunk for chunk in chunks if shard.start_ms <= chunk.start_ms < shard.end_ms],
            batch_size=self.batch_size,
            report=ctx.report,
        )
        return Words(tuple(heard), name)

    def _load(self, ctx: Context, name: str) -> "Whisper":
        from pipeline.engines import whisper

        return whisper.load(
            catalogue.locate(name, ctx.models_dir),
            ctx.threads,
            device=ctx.device,
            precision=self.precision,
        )

    def join(self, ctx: Context, parts: Sequence[Words]) -> Transcript:
        """Lay the words of all shards onto the speech, set them as cues, and tell what to doubt."""
        import numpy as np

        from pipeline.engines import alignment, onsets
        from pipeline.media import glossary, trust

        speech, audio = ctx.get(Speech), ctx.get(Audio)
        duration_ms = audio.duration_ms
        utterances = [
            replace(one, words=glossary.corrected(one.words, self.glossary))
            for part in parts
            for one in part.utterances
        ]
        spoken = [(word, one) for one in utterances for word in one.words]
        if not spoken:
            raise NotApplicable("no_speech", "No words are spoken in this video.")
        samples = np.load(ctx.path(Audio, audio.file), mmap_mode="r")
        speech_ms = [
            (start // SAMPLES_PER_MS, end // SAMPLES_PER_MS)
            for start, end in onsets.refined(samples, speech.spans)
        ]
        placed = alignment.align([word for word, _ in spoken], speech_ms, duration_ms)
        heard = [
            trust.Heard(word, (raw.start_ms, raw.end_ms), one)
            for word, (raw, one) in zip(placed, spoken, strict=True)
        ]
        found = trust.flagged(
            _set(heard, duration_ms),
            heard,
            speech_ms=speech_ms,
            music_ms=_sounding(ctx, "music"),
            spoken_ms=_sounding(ctx, "speech"),
        )
        return Transcript(*_main_language(speech, found), found, parts[0].model)


def _main_language(speech: Speech, cues: Sequence[Cue]) -> tuple[str, float | None]:
    """Return what is spoken most, by cues without flags, and how likely that is.

    `speech` tells a language from the first speech alone.
    """
    spoken_ms: Counter[str] = Counter()
    for cue in cues:
        if cue.language and not cue.flags:
            spoken_ms[cue.language] += cue.end_ms - cue.start_ms
    first = speech.language, speech.language_probability
    if speech.language_probability is None or not spoken_ms:
        return first
    most, most_ms = spoken_ms.most_common(1)[0]
    if most_ms == spoken_ms[speech.language]:
        return first
    return most, round(most_ms / spoken_ms.total(), 4)


def _set(heard: "Sequence[Heard]", duration_ms: int) -> list[Cue]:
    """Set words as cues, of one language each."""
    from pipeline.media import cues

    runs = [list(run) for _, run in groupby(heard, key=lambda one: one.utterance.language)]
    ends_ms = [*(run[0].word.start_ms for run in runs[1:]), duration_ms]
    return [
        replace(cue, language=run[0].utterance.language)
        for run, end_ms in zip(runs, ends_ms, strict=True)
        for cue in cues.build([one.word for one in run], end_ms)
    ]


def _sounding(ctx: Context, label: str) -> list[tuple[int, int]]:
    """Return when it sounds like that, as far as anything listened for it."""
    sounds = ctx.find(Sounds)
    return [(e.start_ms, e.end_ms) for e in sounds.events if e.label == label] if sounds else []
