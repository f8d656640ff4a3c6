"""Which persons, animals and things are seen, when and where."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue, coco
from pipeline.results import Coverage, Frames, Objects, SampledFrame, Shots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.media.tracking import Look


@dataclass(frozen=True)
class FindObjects(Stage):
    """Look for things in every view, and follow them within each shot."""

    name: ClassVar[str] = "find_objects"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Objects
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 6.0

    model: str = "yolox-nano"
    labels: str = ""
    """What the model tells apart, by comma, in the order of its numbers; empty: COCO's 80."""
    min_confidence: float = 0.5
    """Of a sighting that begins a track."""
    min_likelihood: float = 0.1
    """Of a sighting that prolongs one."""
    bridge_ms: int = 1500
    """Something out of sight for longer is taken for another thing."""

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def run(self, ctx: Context) -> Objects:
        """Raises `ModelMissing` where the weights are absent or altered, `StageError` (`unfit_model`)."""
        from pipeline.media.tracking import Tracking, follow

        frames, shots = ctx.get(Frames), ctx.find(Shots)
        tracks = follow(
            list(self._looks(ctx)),
            cuts=[shot.start_ms for shot in shots.shots[1:]] if shots else [],
            end_ms=frames.end_ms,
            tracking=Tracking(self.min_confidence, self.min_likelihood, self.bridge_ms),
        )
        coverage = Coverage.over((view.at_ms for view in frames.views), frames.end_ms)
        return Objects(tracks, coverage, self.model)

    def _looks(self, ctx: Context) -> Iterator[Look]:
        """Yield what each view shows."""
        from pipeline.engines.yolox import Detector
        from pipeline.media.pictures import read_bgr

        (weights,) = catalogue.CATALOGUE[self.model].files
        path = catalogue.locate(self.model, ctx.models_dir) / weights.name
        labels = self.labels.split(",") if self.labels else coco.LABELS
        detector = Detector(path, labels, threads=ctx.threads, device=ctx.device)
        views = ctx.get(Frames).views
        done = 0
        for batch in _batches(views, detector.batch):
            pictures = [read_bgr(ctx.path(Frames, view.file)) for view in batch]
            found = detector.find(pictures, self.min_likelihood)
            yield from zip((view.at_ms for view in batch), found, strict=True)
            done += len(batch)
            ctx.report(done / len(views))


def _batches(views: Iterable[SampledFrame], size: int) -> Iterator[tuple[SampledFrame, ...]]:
    waiting = iter(views)
    while batch := tuple(islice(waiting, size)):
        yield batch
