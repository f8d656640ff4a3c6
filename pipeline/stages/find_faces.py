"""Where faces are in the pictures, and when; not whose they are."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Coverage, Faces, Frames, SampledFrame, Shots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.media.tracking import Look
    from pipeline.results import Sighting

_MODEL = "centerface"
_STAYED = 0.4
"""IoU of two sightings, views apart, of a face that moves little."""


@dataclass(frozen=True)
class FindFaces(Stage):
    """Look for faces in views, closely where they change, and follow them within each shot."""

    name: ClassVar[str] = "find_faces"
    version: ClassVar[int] = 3
    produces: ClassVar[type] = Faces
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 4.0

    look_every_ms: int = 300
    """Views closer together are passed over, unless a face came, went or moved far meanwhile."""
    side: int = 640
    """Longer side of the pictures that are searched at most, pixels."""
    min_confidence: float = 0.5
    """Of a sighting that begins a track."""
    min_likelihood: float = 0.3
    """Of a sighting that prolongs one."""
    bridge_ms: int = 1500
    """A face out of sight for longer is taken for another one."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Faces:
        """Raises `ModelMissing` where the weights are absent or altered."""
        from pipeline.media.tracking import Tracking, follow

        frames, shots = ctx.get(Frames), ctx.find(Shots)
        cuts = [shot.start_ms for shot in shots.shots[1:]] if shots else []
        looks = list(self._looks(ctx, spaced(frames.views, cuts, self.look_every_ms)))
        tracks = follow(
            looks,
            cuts=cuts,
            end_ms=frames.end_ms,
            tracking=Tracking(self.min_confidence, self.min_likelihood, self.bridge_ms),
        )
        return Faces(tracks, Coverage.over((look[0] for look in looks), frames.end_ms), _MODEL)

    def _looks(self, ctx: Context, groups: Sequence[Sequence[SampledFrame]]) -> Iterator[Look]:
        """Yield what the first view of each group shows, and the others where that is not enough."""
        from pipeline.engines import centerface
        from pipeline.media.pictures import read_bgr

        folder = catalogue.locate(_MODEL, ctx.models_dir)
        detector = centerface.load(folder, ctx.threads, ctx.device)

        def look(view: SampledFrame) -> Look:
            picture = read_bgr(ctx.path(Frames, view.file))
            found = detector.find(picture, side=self.side, min_confidence=self.min_likelihood)
            return view.at_ms, found

        others: Sequence[SampledFrame] = ()
        before: Sequence[Sighting] = ()
        for number, group in enumerate(groups):
            at_ms, found = look(group[0])
            if others and not _stayed(before, found):
                yield from map(look, others)
            yield at_ms, found
            before, others = found, group[1:]
            ctx.report((number + 1) / len(groups))


def spaced(
    views: Sequence[SampledFrame], cuts: Sequence[int], gap_ms: int
) -> list[list[SampledFrame]]:
    """Return the views in groups, whose first ones lie `gap_ms` apart or begin a shot.

    The others lie between two first ones of one shot.
    """
    groups: list[list[SampledFrame]] = []
    for view in views:
        first = groups[-1][0] if groups else None
        if first and bisect_right(cuts, view.at_ms) != bisect_right(cuts, first.at_ms):
            del groups[-1][1:]  # nothing after them can tell whether they matter
            first = None
        if first and view.at_ms - first.at_ms < gap_ms:
            groups[-1].append(view)
        else:
            groups.append([view])
    return groups


def _stayed(before: Sequence[Sighting], after: Sequence[Sighting]) -> bool:
    """Tell whether all faces are where they were: between the two looks was nothing new."""
    from pipeline.media.things import ious

    if not before or not after:
        return len(before) == len(after)
    overlaps = ious([face.box for face in before], [face.box for face in after])
    return bool(overlaps.max(axis=0).min() > _STAYED and overlaps.max(axis=1).min() > _STAYED)
