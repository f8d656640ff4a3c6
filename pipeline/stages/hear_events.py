"""What is heard beside words: music, alarms, shots and the like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Audio, Sounds

if TYPE_CHECKING:
    from pipeline.media.sounds import Floats

_MODEL = "yamnet"


@dataclass(frozen=True)
class HearEvents(Stage):
    """Scores the sound twice a second, and joins what scores high to events."""

    name: ClassVar[str] = "hear_events"
    version: ClassVar[int] = 3
    produces: ClassVar[type] = Sounds
    needs: ClassVar[tuple[type, ...]] = (Audio,)
    weight: ClassVar[float] = 0.3

    block_patches: int = 125
    """Patches, one every 0.48 s, whose sound is in memory at once."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Sounds:
        """Raises `ModelMissing` where the weights are absent or altered."""
        import numpy as np

        from pipeline.engines import yamnet
        from pipeline.media import sounds

        heard = np.concatenate(list(self._heard(ctx)))
        return Sounds(
            sounds.events(heard, yamnet.HOP_MS, yamnet.PATCH_MS, ctx.get(Audio).duration_ms),
            _MODEL,
        )

    def _heard(self, ctx: Context) -> Iterator["Floats"]:
        """Yield (patches, labels) scores, block by block."""
        import numpy as np

        from pipeline.engines import yamnet
        from pipeline.media import sounds

        listener = yamnet.load(catalogue.locate(_MODEL, ctx.models_dir), ctx.threads, ctx.device)
        ear = sounds.Ear(listener.classes)
        samples = np.load(ctx.path(Audio, ctx.get(Audio).file), mmap_mode="r")
        hop, patch = (ms * yamnet.RATE_HZ // 1000 for ms in (yamnet.HOP_MS, yamnet.PATCH_MS))
        whole = hop * self.block_patches
        for start in range(0, max(len(samples) - patch + hop, 1), whole):
            block = samples[start : start + whole + patch - hop]
            # What is left at the end is heard with silence behind it.
            missing = -(len(block) - patch) % hop if len(block) > patch else patch - len(block)
            yield ear.labelled(listener.scores(np.pad(block, (0, missing))))
            ctx.report(min(1.0, (start + whole) / len(samples)))
