"""The one pass over a video's pictures: strip, samples, poster and storyboard."""

from __future__ import annotations

import shutil
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from pipeline.media.container import open_media, picture_stream
from pipeline.media.decode import pictures, usual_gap_ms
from pipeline.media.npy import NpyWriter
from pipeline.media.pictures import (
    STRIP_HEIGHT,
    STRIP_WIDTH,
    TILE_WIDTH,
    Converter,
    nothing_decodes,
    poster_score,
    upright_size,
    write_jpeg,
)
from pipeline.media.probe import rotation
from pipeline.media.sampling import Sampler, Sampling
from pipeline.media.storyboard import Storyboard
from pipeline.media.thumbs import THUMB_SIDE, THUMB_TIMES, THUMBS, Thumbs
from pipeline.results import Coverage, Frames, SampledFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from pipeline.contract import Limits
    from pipeline.media.pictures import Picture

STRIP, TIMES = "strip.npy", "times.npy"
POSTER, STORYBOARD, STORYBOARD_VTT = "poster.jpg", "storyboard.jpg", "storyboard.vtt"
TALLEST_TILE = 3 * TILE_WIDTH
"""Pixels. A storyboard of narrower pictures squeezes them: a JPEG ends at 65,500 lines."""
REPORT_EVERY = 50


def read_frames(
    source: Path,
    workdir: Path,
    *,
    duration_ms: int,
    threads: int,
    limits: Limits,
    samples: Sampling,
    views: Sampling,
    report: Callable[[float], None],
) -> Frames:
    """Decode `source` once and write all that `Frames` names into `workdir`.

    Raises `StageError` with `no_decodable_picture`, or what `open_media` raises.
    """
    with open_media(source, limits) as container:
        stream = picture_stream(container)
        if stream is None:
            raise nothing_decodes()
        shown = pictures(container, stream, threads)
        first = next(shown, None)
        if first is None:
            raise nothing_decodes()
        reading = _Reading(workdir, stream, first[1], duration_ms, samples, views)
        return reading.run(chain([first], shown), usual_gap_ms(stream), report)


class _Reading:
    """What one pass has found so far."""

    def __init__(
        self,
        workdir: Path,
        stream: VideoStream,
        first: VideoFrame,
        duration_ms: int,
        samples: Sampling,
        views: Sampling,
    ) -> None:
        turn = rotation(first)
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        shape = (first.width, first.height, aspect, turn)
        self._samples = _Kept(workdir, "frame", shape, samples, duration_ms)
        self._views = _Kept(workdir, "view", shape, views, duration_ms)
        self.width, self.height = self._samples.size
        tile_height = min(max(2, round(TILE_WIDTH * self.height / self.width)), TALLEST_TILE)
        self._tiny = Converter(STRIP_WIDTH, STRIP_HEIGHT, turn)
        self._tile = Converter(TILE_WIDTH, tile_height, turn)
        self._thumbs = Thumbs(workdir, *upright_size(*shape, longest=THUMB_SIDE), turn)
        self._workdir = workdir
        self._duration_ms = duration_ms
        self._storyboard = Storyboard(duration_ms)
        self._poster = (-1.0, "")

    def run(
        self,
        shown: Iterator[tuple[int, VideoFrame]],
        usual_gap: int,
        report: Callable[[float], None],
    ) -> Frames:
        at_ms = 0
        last_gap = usual_gap
        strip = NpyWriter(self._workdir / STRIP, np.uint8, (STRIP_HEIGHT, STRIP_WIDTH, 3))
        with strip, self._thumbs, NpyWriter(self._workdir / TIMES, np.int64) as times:
            for at_ms, frame in shown:
                self._take(times.rows, at_ms, frame, strip)
                times.append(at_ms)
                last_gap = _duration_ms(frame) or usual_gap
                if times.rows % REPORT_EVERY == 0:
                    report(min(at_ms / max(self._duration_ms, 1), 1.0))
        # Its time and its length are rounded each, the video's length once.
        end_ms = min(at_ms + last_gap, max(self._duration_ms, at_ms + 1))
        return self._finish(strip.rows, end_ms)

    def _take(self, index: int, at_ms: int, frame: VideoFrame, strip: NpyWriter) -> None:
        tiny = self._tiny.convert(frame)
        strip.append(tiny)
        if (picture := self._samples.look(index, at_ms, tiny, frame)) is not None:
            self._poster = max(self._poster, (poster_score(picture), self._samples.newest))
        self._views.look(index, at_ms, tiny, frame)
        self._thumbs.see(at_ms, frame)
        if self._storyboard.wants(at_ms):
            self._storyboard.add(at_ms, self._tile.convert(frame))

    def _finish(self, decoded: int, end_ms: int) -> Frames:
        shutil.copyfile(self._workdir / self._poster[1], self._workdir / POSTER)
        self._storyboard.write(self._workdir / STORYBOARD, self._workdir / STORYBOARD_VTT, end_ms)
        times = map(int, np.load(self._workdir / TIMES, mmap_mode="r"))
        return Frames(
            width=self.width,
            height=self.height,
            decoded=decoded,
            strip=STRIP,
            times=TIMES,
            end_ms=end_ms,
            coverage=Coverage.over(times, end_ms),
            samples=tuple(self._samples.kept),
            views=tuple(self._views.kept),
            thumbs=THUMBS,
            thumb_times=THUMB_TIMES,
            poster=POSTER,
            storyboard=STORYBOARD,
            storyboard_vtt=STORYBOARD_VTT,
        )


class _Kept:
    """The pictures that one sampling chose, as JPEGs of its size."""

    def __init__(
        self,
        workdir: Path,
        name: str,
        shape: tuple[int, int, Fraction, int],
        sampling: Sampling,
        duration_ms: int,
    ) -> None:
        """`shape`: as `upright_size` takes it. `name`: what its files are called."""
        self.size = upright_size(*shape, longest=sampling.max_side)
        self.kept: list[SampledFrame] = []
        self._sampler = Sampler(sampling, duration_ms)
        self._converter = Converter(*self.size, shape[3])
        self._workdir, self._name, self._quality = workdir, name, sampling.quality

    @property
    def newest(self) -> str:
        """The file kept last."""
        return self.kept[-1].file

    def look(self, index: int, at_ms: int, tiny: Picture, frame: VideoFrame) -> Picture | None:
        """Keep the picture if it is wanted, and return it as kept; None: it is not."""
        if not self._sampler.wants(at_ms, tiny):
            return None
        picture = self._converter.convert(frame)
        sample = SampledFrame(at_ms=at_ms, file=f"{self._name}-{index:06d}.jpg")
        write_jpeg(self._workdir / sample.file, picture, self._quality)
        self.kept.append(sample)
        return picture


def _duration_ms(frame: VideoFrame) -> int:
    return round(Fraction(frame.duration or 0) * Fraction(frame.time_base or 0) * 1000)
