"""Reads what is written in the pictures: titles, subtitles, slides, signs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Coverage, Frames, ScreenText, Shots, TextSpan

if TYPE_CHECKING:
    from pipeline.engines.ocr import PixelBox, Reader
    from pipeline.media.pictures import Picture
    from pipeline.media.text_times import Strip, Times
    from pipeline.media.text_tracks import Crop, Track
    from pipeline.results import Box

_MODEL = "ppocr-v6-small"
_ROUND_MS = 10_000
_SURE, _HOPELESS = 0.98, 0.4
_VOTERS = 3
_LONGEST_TURN_MS, _STOOD = 1500, 0.9
_SHORT, _SHORT_SURE = 4, 0.9


@dataclass(frozen=True)
class ReadText(Stage):
    """Find text in few pictures, follow it through the others, and read each text once.

    Most of the cost of recognising text is finding it at full size. Here a shrunk picture is
    searched every `find_every_ms` and at the start of each shot, unless it looks like the last
    one; a text once found is followed by its strokes, which costs milliseconds; and only a
    crop from the middle of its span is read, at full size.
    """

    name: ClassVar[str] = "read_text"
    version: ClassVar[int] = 4
    produces: ClassVar[type] = ScreenText
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 6.0

    find_every_ms: int = 1600
    """Texts shown shorter than this may be missed."""
    find_lines: int = 416
    """Shorter side of the shrunk picture, pixels."""
    min_confidence: float = 0.6
    min_score: float = 0.5
    """The detector's, below which a find is not followed."""
    min_height: float = 0.018
    max_height: float = 0.4
    """Lower and higher finds, in picture heights, are left out: they would be guessed."""
    lines_per_round: int = 30
    """At most so many lines are read for 10 s of video; those shown longest come first."""
    recogniser: str | None = None
    """Name of the model that reads lines instead, for other scripts; text is found as ever."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL, *filter(None, [self.recogniser]))

    def run(self, ctx: Context) -> ScreenText:
        """Raises `StageError` (`unfit_model`), `ModelMissing` where weights are absent or altered."""
        from pipeline.engines import ocr

        folder = catalogue.locate(_MODEL, ctx.models_dir)
        other = catalogue.graph(self.recogniser, ctx.models_dir) if self.recogniser else None
        reader = ocr.load(folder, ctx.threads, ctx.device, other)
        return _Reading(self, ctx, reader).run()


class _Reading:
    """One run over one video."""

    def __init__(self, stage: ReadText, ctx: Context, reader: Reader) -> None:
        import numpy as np

        from pipeline.media.text_tracks import Tracker

        self._stage, self._ctx, self._reader = stage, ctx, reader
        self._frames = ctx.get(Frames)
        self._strip: Strip = np.load(ctx.path(Frames, self._frames.strip), mmap_mode="r")
        self._times: Times = np.load(ctx.path(Frames, self._frames.times))
        shots = ctx.find(Shots)
        self._cuts = [shot.start_ms for shot in shots.shots[1:]] if shots else []
        self._tracker = Tracker()
        self._waiting: list[Track] = []
        self._readings: list[TextSpan] = []
        self._searched_at: list[int] = []
        self._read_at: list[int] = []

    def run(self) -> ScreenText:
        from pipeline.media.pictures import read_bgr
        from pipeline.media.text_lines import merge_spans

        samples = self._frames.samples
        searched: tuple[int, int] | None = None
        changed = True
        round_ends_ms = _ROUND_MS
        for number, sample in enumerate(samples):
            picture = read_bgr(self._ctx.path(Frames, sample.file))
            shot = bisect_right(self._cuts, sample.at_ms)
            self._waiting += self._tracker.step(sample.at_ms, shot, picture)
            changed = changed or not self._tracker.unchanged
            following = samples[number + 1].at_ms if number + 1 < len(samples) else None
            if changed and self._is_due(searched, shot, following):
                self._find(picture)
                self._searched_at.append(sample.at_ms)
                searched, changed = (sample.at_ms, shot), False
            if sample.at_ms >= round_ends_ms:
                self._read_waiting()
                round_ends_ms = sample.at_ms + _ROUND_MS
            self._ctx.report(number / len(samples))
        self._waiting += self._tracker.finish()
        self._read_waiting()
        return ScreenText(
            spans=merge_spans(self._readings),
            searched_ms=tuple(self._searched_at),
            frames_read=len(set(self._read_at)),
            lines_read=len(self._read_at),
            coverage=Coverage.over(self._searched_at, self._frames.end_ms),
            model=self._stage.models[-1],
        )

    def _is_due(
        self, searched: tuple[int, int] | None, shot: int, following_ms: int | None
    ) -> bool:
        """Tell whether a sample needs a search: else the next sample would come too late for it."""
        return (
            searched is None
            or following_ms is None
            or shot != searched[1]
            or following_ms - searched[0] > self._stage.find_every_ms
        )

    def _find(self, picture: Picture) -> None:
        """Tell the tracker where text is in its latest sample."""
        from pipeline.media.text_lines import join_words

        height = picture.shape[0]
        lowest, highest = self._stage.min_height * height, self._stage.max_height * height
        found = self._reader.find(picture, self._stage.find_lines)
        boxes = [f.box for f in found if f.score >= self._stage.min_score and f.box[3] <= highest]
        self._tracker.add(box for box in join_words(boxes) if box[3] >= lowest)

    def _read_waiting(self) -> None:
        """Read the texts that have gone; where they are too many, those shown longest."""
        self._waiting.sort(key=lambda track: track.sightings[0][0] - track.sightings[-1][0])
        for track in self._waiting[: self._stage.lines_per_round]:
            text, confidence, crop = self._read(track)
            if self._is_text(text, confidence):
                start_ms, end_ms = self._span(track)
                box = self._normalised(crop.box)
                self._readings.append(TextSpan(start_ms, end_ms, text, confidence, box))
        self._waiting = []

    def _read(self, track: Track) -> tuple[str, float, Crop]:
        """Read the middle crop, where fades and slides are over; in doubt, two others vote."""
        from pipeline.media.text_lines import consensus, looks_glued

        crops = track.crops
        first = self._recognise(crops[len(crops) // 2])
        text, confidence, crop = first
        sure = confidence >= _SURE and not looks_glued(text)
        if sure or confidence < _HOPELESS or len(crops) < _VOTERS:
            return first
        others = (crops[len(crops) // 4], crops[len(crops) * 3 // 4])
        votes = [first, *map(self._recognise, others)]
        votes = [vote for vote in votes if vote[1] >= self._stage.min_confidence]
        return *consensus([vote[:2] for vote in votes]), crop

    def _recognise(self, crop: Crop) -> tuple[str, float, Crop]:
        self._read_at.append(crop.at_ms)
        return (*self._reader.read(crop.picture), crop)

    def _is_text(self, text: str, confidence: float) -> bool:
        """Tell text from texture, which reads as few or equal letters, and with less confidence."""
        letters = [c for c in text.casefold() if c.isalnum()]
        least = self._stage.min_confidence if len(letters) > _SHORT else _SHORT_SURE
        return len(set(letters)) > 1 and confidence >= least

    def _span(self, track: Track) -> tuple[int, int]:
        """Return when the text comes and goes, never inside of the time in which it was seen."""
        seen = track.sightings
        first_ms, last_ms = seen[0][0], seen[-1][0]
        if track.absent_before_ms is not None:
            start_ms = min(self._turn(track.absent_before_ms, seen), first_ms)
        elif first_ms == self._frames.samples[0].at_ms:
            start_ms = 0
        else:
            start_ms = first_ms
        if track.absent_after_ms is not None:
            end_ms = max(self._turn(track.absent_after_ms, seen[::-1]), last_ms + 1)
        else:
            end_ms = self._frames.end_ms
        return start_ms, end_ms

    def _turn(self, absent_ms: int, seen: list[tuple[int, PixelBox]]) -> int:
        """Return when the text came or went, between a sample without it and those with it.

        `seen` begins with the nearest sighting. A fading text may be too faint there to compare
        with, so the sighting next to it is tried first, if the text stood still meanwhile.
        """
        from pipeline.media.text_lines import covered
        from pipeline.media.text_times import turning_ms

        nearest_ms = seen[0][0]
        low, high = sorted((absent_ms, nearest_ms))
        cut = next((cut for cut in self._cuts if low < cut <= high), None)
        if cut is not None:
            # A text that comes later than the cut, or goes before it, shows in its own shot.
            absent_ms = cut if absent_ms < nearest_ms else max(cut - 1, nearest_ms)
        nearest = seen[0][1]
        for seen_ms, box in seen[1::-1]:
            if abs(seen_ms - absent_ms) > _LONGEST_TURN_MS and seen_ms != nearest_ms:
                continue
            if covered(box, nearest) < _STOOD:
                continue
            turn = turning_ms(
                self._strip,
                self._times,
                self._normalised(box),
                absent_ms=absent_ms,
                seen_ms=seen_ms,
            )
            if turn is not None:
                return turn
        return cut if cut is not None else (low + high) // 2

    def _normalised(self, box: PixelBox) -> Box:
        width, height = self._frames.width, self._frames.height
        return box[0] / width, box[1] / height, box[2] / width, box[3] / height
