"""Who spoke when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable
from pipeline.results import SAMPLES_PER_MS, Audio, Sounds, Speakers, Speech

if TYPE_CHECKING:
    from pipeline.media.speakers import Floats, Window

_MODEL = "campplus"


@dataclass(frozen=True)
class SplitSpeakers(Stage):
    """Tells windows of speech apart by their voices, groups them, and joins them to turns."""

    name: ClassVar[str] = "split_speakers"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Speakers
    needs: ClassVar[tuple[type, ...]] = (Audio, Speech)
    wants: ClassVar[tuple[type, ...]] = (Sounds,)
    weight: ClassVar[float] = 2.0

    alike: float = 0.4
    """Mean cosine between the windows of two groups from which they are one speaker's, 0..1."""
    hop_ms: int = 750
    """From one window of 1.5 s to the next, within a span of speech."""
    min_window_ms: int = 400
    """Speech between two pauses that is briefer goes to whom it touches."""
    min_windows: int = 2
    """A speaker has at least so many, and one of each 500 that there are."""
    max_speakers: int = 20
    min_turn_ms: int = 500
    max_pause_ms: int = 500
    """One speaker's turns are joined over such a pause."""
    batch_size: int = 32
    """Windows heard at once."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Speakers:
        """Raises `ModelMissing` where the weights are absent or altered."""
        import numpy as np

        from pipeline.engines import campplus
        from pipeline.media import speakers

        spans = ctx.get(Speech).spans
        sounds = ctx.find(Sounds)
        doubted = speakers.in_music(spans, sounds.events) if sounds else set()
        cut = speakers.windows(
            spans,
            campplus.WINDOW,
            self.hop_ms * SAMPLES_PER_MS,
            self.min_window_ms * SAMPLES_PER_MS,
        )
        clear = [window.span not in doubted for window in cut]
        if not any(clear):
            raise NotApplicable("no_speech", "Nobody speaks long enough to be told apart.")
        vectors = np.concatenate(list(self._vectors(ctx, cut)))
        least = max(self.min_windows, sum(clear) // 500)
        voices = speakers.grouped(vectors[clear], self.alike, least, self.max_speakers)
        # Music may be sung: it makes no speaker, but who is known is known over music, too.
        likeness = vectors @ voices.T
        known = speakers.recognised(cut, likeness, doubted, self.alike)
        kept = set(range(len(spans))) - doubted | known
        told = speakers.within(spans, cut, likeness, kept)
        return Speakers(speakers.turns(*told, self.min_turn_ms, self.max_pause_ms), _MODEL)

    def _vectors(self, ctx: Context, cut: "Sequence[Window]") -> "Iterator[Floats]":
        import numpy as np

        from pipeline.engines import campplus
        from pipeline.media import speakers

        voices = campplus.load(catalogue.locate(_MODEL, ctx.models_dir), ctx.threads, ctx.device)
        samples = np.load(ctx.path(Audio, ctx.get(Audio).file), mmap_mode="r")
        told = 0
        for batch in speakers.batches(samples, cut, campplus.WINDOW, self.batch_size):
            yield voices.embed(batch)
            told += len(batch)
            ctx.report(told / len(cut))
