"""Reads what is written in the pictures: titles, subtitles, slides, signs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Calls, Coverage, Frames, ScreenText, Shots, TextSpan

if TYPE_CHECKING:
    from pipeline.engines.ocr import PixelBox, Reader
    from pipeline.media.pictures import Picture
    from pipeline.media.text_changes import Unseen
    from pipeline.media.text_searches import Look, Sheet
    from pipeline.media.text_tickers import Ticker
    from pipeline.media.text_tracks import Sighting, Track

_MODEL = "ppocr-v6-small"
_ROUND_MS, _LEAST_ROUND_MS = 10_000, 4_000
_SHEET = 2.5
"""How many shrunk pictures a search may show at once: three have as many pixels as one at full size."""
_LONGEST_SHEET = 1900
"""Pixels, shrunk: what an upright picture's sheet takes of memory."""
_SURE, _HOPELESS = 0.96, 0.4
_VOTERS = 3
_MARGIN = 0.15
"""Kept left and right of a crop, in heights: boxes found in shrunk pictures cut off letters."""
_CUT_OFF = 3
"""Pixels from where a look begins or ends, that far text may go on beyond it."""
_SHORT, _SHORT_SURE = 4, 0.9


@dataclass(frozen=True)
class ReadText(Stage):
    """Find text where something changed, follow it through the samples, and read it once.

    Most of the cost of recognising text is finding it. Here samples are compared first, which
    costs milliseconds; what has come and stays, and may be text, is searched once, parts of many
    samples in one sheet. A text once found is followed by its strokes, and a crop from the middle
    of its span is read, at full size.
    """

    name: ClassVar[str] = "read_text"
    version: ClassVar[int] = 10
    produces: ClassVar[type] = ScreenText
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 6.0

    search_every_ms: int = 4000
    """One search for so much video at most, on average. What that leaves out counts as not seen."""
    brief_ms: int = 750
    """Texts shown shorter may be missed."""
    find_lines: int = 416
    """Shorter side of the shrunk pictures that are searched, pixels."""
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

        from pipeline.media.text_changes import Changes
        from pipeline.media.text_times import Timing
        from pipeline.media.text_tracks import Tracker

        self._stage, self._ctx, self._reader = stage, ctx, reader
        self._frames = ctx.get(Frames)
        self._samples = self._frames.samples
        self._size = self._frames.width, self._frames.height
        shots = ctx.find(Shots)
        self._cuts = [shot.start_ms for shot in shots.shots[1:]] if shots else []
        self._timing = Timing(
            strip=np.load(ctx.path(Frames, self._frames.strip), mmap_mode="r"),
            times=np.load(ctx.path(Frames, self._frames.times)),
            cuts=self._cuts,
            size=self._size,
            first_ms=self._samples[0].at_ms,
            end_ms=self._frames.end_ms,
        )
        self._changes, self._tracker = Changes(stage.brief_ms), Tracker()
        self._picture = lru_cache(maxsize=4)(self._read_sample)
        self._unseen: list[Unseen] = []
        self._readings: list[TextSpan] = []
        self._tickers: list[Ticker] = []
        self._looked: set[int] = set()
        self._missed: set[int] = set()
        self._calls = Calls(0, 0, 0, 0)

    def run(self) -> ScreenText:
        from pipeline.media.pictures import read_half_bgr
        from pipeline.media.strokes import edges, strokes
        from pipeline.media.text_lines import merge_spans
        from pipeline.media.text_tracks import alike

        round_ms, before = 0, None
        for number, sample in enumerate(self._samples):
            steepest = edges(read_half_bgr(self._ctx.path(Frames, sample.file)))
            now = strokes(steepest)
            same = before is not None and alike(before, now)
            if same:
                self._changes.stand_still(sample.at_ms)
            else:
                self._unseen += self._changes.step(sample.at_ms, steepest, now)
            shot, shifts = bisect_right(self._cuts, sample.at_ms), self._changes.shifts
            self._tracker.step(sample.at_ms, shot, now, same=same, shifts=shifts)
            before = now
            left_ms = self._frames.end_ms - sample.at_ms
            if sample.at_ms - round_ms >= _ROUND_MS and left_ms >= _LEAST_ROUND_MS:
                round_ms = sample.at_ms
                self._search(round_ms)
                self._read(self._tracker.end_round())
            self._ctx.report(number / len(self._samples))
        self._search(self._frames.end_ms)
        self._read([*self._tracker.end_round(), *self._tracker.finish()])
        return ScreenText(
            spans=merge_spans(self._readings),
            searched_ms=tuple(self._samples[number].at_ms for number in sorted(self._looked)),
            calls=self._calls,
            coverage=Coverage.over(
                (s.at_ms for n, s in enumerate(self._samples) if n not in self._missed),
                self._frames.end_ms,
            ),
            model=self._stage.models[-1],
        )

    def _read_sample(self, number: int) -> Picture:
        from pipeline.media.pictures import read_bgr

        return read_bgr(self._ctx.path(Frames, self._samples[number].file))

    def _search(self, now_ms: int) -> None:
        """Tell the tracker where text is in what has come up to `now_ms` and was not searched."""
        from pipeline.media.text_searches import missed, plan

        unseen, self._unseen = [*self._unseen, *self._changes.flush(now_ms)], []
        due = max(now_ms // self._stage.search_every_ms, 1) - self._calls.searches
        scale = min(self._stage.find_lines / min(self._size), 1.0)
        rows = int(min(_SHEET * self._size[1], _LONGEST_SHEET / scale))
        left = unseen
        for _ in range(due):
            again = self._tracker.again(self._stage.brief_ms, now_ms)
            unseen, left = [*unseen, *again], [*left, *again]
            sheet, left = plan(left, self._size[1], rows)
            if not sheet.looks:
                break
            self._look(sheet, scale)
        self._missed |= missed(unseen, left)

    def _look(self, sheet: Sheet, scale: float) -> None:
        picture = sheet.draw(map(self._picture, (look.number for look in sheet.looks)))
        self._count(searches=1, searched_pixels=round(picture.size / 3 * scale**2))
        self._looked.update(look.number for look in sheet.looks)
        by_look: dict[Look, list[PixelBox]] = {}
        for one in self._reader.find(picture, scale):
            placed = sheet.place(one.box)
            if placed is not None and one.score >= self._stage.min_score:
                by_look.setdefault(placed[0], []).append(placed[1])
        for look, boxes in by_look.items():
            self._tracker.add(look.number, self._lines(look, boxes))

    def _lines(self, look: Look, boxes: list[PixelBox]) -> list[PixelBox]:
        """Return the lines that are large enough, and whole, of what was found in a look."""
        from pipeline.media.text_lines import join_words

        height = self._size[1]
        lowest, highest = self._stage.min_height * height, self._stage.max_height * height
        above = look.top + _CUT_OFF if look.top > 0 else 0
        below = look.bottom - _CUT_OFF if look.bottom < height else height
        return [
            box
            for box in join_words(box for box in boxes if box[3] <= highest)
            if box[3] >= lowest and box[1] >= above and box[1] + box[3] <= below
        ]

    def _read(self, tracks: list[Track]) -> None:
        """Read texts; where they are too many, those shown longest."""
        tracks.sort(key=lambda track: track.first.at_ms - track.last.at_ms)
        width = self._size[0]
        lines = [t for t in tracks if not self._runs(t) and not t.is_cut_off(width)]
        lines = [t for t in lines if not any(known.holds(t) for known in self._tickers)]
        read: list[tuple[str, float, Sighting]] = []
        for track in lines[: self._stage.lines_per_round]:
            known = next((told for told in read if track.lies_at(told[2])), None)
            text, confidence, sighting = known or self._text(track)
            read.append((text, confidence, sighting))
            if self._is_text(text, confidence):
                start_ms, end_ms = self._timing.span(track)
                box = self._timing.normalised(sighting.box)
                self._readings.append(TextSpan(start_ms, end_ms, text, confidence, box))

    def _runs(self, track: Track) -> bool:
        """Tell whether the track is a piece of a ticker, which is read when its first one comes."""
        from pipeline.media.text_lines import join_readings
        from pipeline.media.text_tickers import ticker
        from pipeline.media.text_tracks import Sighting

        if any(known.holds(track) for known in self._tickers):
            return True
        times_ms = [sample.at_ms for sample in self._samples]
        found = ticker(track, self._picture, times_ms, self._size[0])
        if found is None:
            return False
        crops = found.crops()
        readings = [self._recognise(Sighting(n, times_ms[n], box)) for n, box in crops]
        read = [(text, sure) for text, sure, _ in readings if self._is_text(text, sure)]
        if not read:
            return False
        self._tickers.append(found)
        first, last = found.placed[0].number, found.placed[-1].number
        start_ms, end_ms = found.span(
            times_ms[first - 1] if first else 0,
            times_ms[last + 1] if last + 1 < len(times_ms) else self._frames.end_ms,
        )
        end_ms = min(end_ms, self._frames.end_ms)
        text = join_readings([text for text, _ in read])
        confidence = sum(sure for _, sure in read) / len(read)
        box = self._timing.normalised(crops[len(crops) // 2][1])
        self._readings.append(TextSpan(start_ms, end_ms, text, confidence, box))
        return True

    def _text(self, track: Track) -> tuple[str, float, Sighting]:
        """Read the middle crop, where fades and slides are over; in doubt, others vote."""
        from pipeline.media.text_lines import consensus, looks_glued

        seen = track.sightings
        first = self._recognise(seen[len(seen) // 2])
        text, confidence, sighting = first
        glued = looks_glued(text)
        sure = confidence >= _SURE and not glued
        if sure or confidence < _HOPELESS or len(text) < 2 or len(seen) < _VOTERS:
            return first
        votes = [first]
        for place in (len(seen) // 4, len(seen) * 3 // 4):
            votes.append(self._recognise(seen[place]))
            again = votes[-1][1]
            if votes[-1][0] == text and (not glued or min(confidence, again) >= _SURE):
                return text, max(confidence, again), sighting
        votes = [vote for vote in votes if vote[1] >= self._stage.min_confidence]
        return *consensus([vote[:2] for vote in votes]), sighting

    def _recognise(self, sighting: Sighting) -> tuple[str, float, Sighting]:
        from pipeline.engines.ocr import line_pixels

        x, y, width, height = sighting.box
        margin = round(height * _MARGIN)
        picture = self._picture(sighting.number)
        line = picture[y : y + height, max(x - margin, 0) : x + width + margin]
        self._count(lines=1, line_pixels=line_pixels(line))
        return (*self._reader.read(line), sighting)

    def _is_text(self, text: str, confidence: float) -> bool:
        """Tell text from texture, which reads as few or equal letters, and with less confidence."""
        letters = [c for c in text.casefold() if c.isalnum()]
        least = self._stage.min_confidence if len(letters) > _SHORT else _SHORT_SURE
        return len(set(letters)) > 1 and confidence >= least

    def _count(
        self, searches: int = 0, searched_pixels: int = 0, lines: int = 0, line_pixels: int = 0
    ) -> None:
        calls = self._calls
        self._calls = Calls(
            calls.searches + searches,
            calls.searched_pixels + searched_pixels,
            calls.lines + lines,
            calls.line_pixels + line_pixels,
        )
