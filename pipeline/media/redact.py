"""Makes a copy in which nobody can be recognised: faces blurred, stretches of sound silenced.

Two passes over the pictures. The first looks for faces, often; the second hides them in every
picture, also where they were not seen between two sightings, and shortly before and after. A face
that was not found on time can be hidden only by looking ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.media.container import open_media, picture_stream
from pipeline.media.decode import pictures
from pipeline.media.hide import Muting, hide_boxes
from pipeline.media.pictures import STRIP_HEIGHT, STRIP_WIDTH, Converter, Picture, upright_size
from pipeline.media.sampling import CUT, change
from pipeline.media.trails import Hiding, Trail, Trails
from pipeline.media.transcode import SAMPLE_RATE_HZ, transcode
from pipeline.results import Box

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame

    from pipeline.contract import Limits
    from pipeline.results import Media

Find = Callable[[Picture], list[Box]]
"""Gets an upright picture, BGR, and returns where faces are in it."""

UNSEARCHED = 2
"""So many pictures in a row at most are not searched, however fast they come: a face that the
detector would find in more than these is found in one of them, and hidden in all."""


def find_trails(
    source: Path,
    *,
    media: Media,
    find: Find,
    side: int,
    every_ms: int,
    threads: int,
    limits: Limits,
    report: Callable[[float], None],
) -> list[Trail]:
    """Return where faces must be hidden, by when each begins.

    `find` gets pictures whose longer side has `side` pixels at most: the first and last of each
    shot, one every `every_ms` and in every three, and the one after each that shows a new face. Raises
    what `open_media` does; without pictures there is no trail.
    """
    with open_media(source, limits) as container:
        stream = picture_stream(container)
        if stream is None or media.video is None:
            return []
        context, turn = stream.codec_context, media.video.rotation
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        size = upright_size(context.width, context.height, aspect, turn, side)
        search = _Search(
            Converter(size[0], size[1], turn), Converter(STRIP_WIDTH, STRIP_HEIGHT, turn)
        )
        for at_ms, frame in pictures(container, stream, threads):
            search.take(at_ms, frame, find, every_ms)
            report(min(at_ms / max(media.duration_ms, 1), 1.0))
        return search.finish(find)


class _Search:
    """The first pass over one file."""

    def __init__(self, small: Converter, tiny: Converter) -> None:
        self._small, self._tiny = small, tiny
        self._before: Picture | None = None
        self._passed: tuple[int, VideoFrame] | None = None
        """The picture before, if it was passed over."""
        self._looked_ms = 0
        self._unsearched = 0
        """Pictures since then."""
        self._came = False
        """Whether a face is new; the next picture tells how fast it moves."""
        self._trails = Trails()

    def take(self, at_ms: int, frame: VideoFrame, find: Find, every_ms: int) -> None:
        tiny = self._tiny.convert(frame)
        cut = self._before is None or change(self._before, tiny)[1] >= CUT
        self._before = tiny
        if cut:
            self._look_back(find)
            self._trails.cut(at_ms)
        due = at_ms - self._looked_ms >= every_ms or self._unsearched == UNSEARCHED
        if cut or self._came or due:
            self._look(at_ms, frame, find)
        else:
            self._passed = at_ms, frame
            self._unsearched += 1

    def finish(self, find: Find) -> list[Trail]:
        self._look_back(find)
        return self._trails.finish()

    def _look(self, at_ms: int, frame: VideoFrame, find: Find) -> None:
        came = self._trails.see(at_ms, find(self._small.convert(frame)))
        self._came = came and not self._came
        self._looked_ms, self._unsearched, self._passed = at_ms, 0, None

    def _look_back(self, find: Find) -> None:
        """Look at the last picture of a shot: nothing after it will tell what came late."""
        if self._passed:
            self._look(*self._passed, find)


def write_redacted(
    source: Path,
    target: Path,
    *,
    media: Media,
    trails: list[Trail],
    mute_ms: tuple[tuple[int, int], ...],
    beep: bool,
    quality: int,
    threads: int,
    limits: Limits,
    report: Callable[[float], None],
) -> None:
    """Write `source` at its full size and rate to `target`, without what is to be hidden.

    Raises what `transcode` does.
    """
    hiding = Hiding(trails)
    muting = Muting(mute_ms, rate_hz=SAMPLE_RATE_HZ, beep=beep)

    def edit_picture(at_ms: int, frame: VideoFrame) -> VideoFrame:
        boxes = hiding.at(at_ms)
        return hide_boxes(frame, boxes) if boxes else frame

    transcode(
        source,
        target,
        media=media,
        max_side=None,
        quality=quality,
        threads=threads,
        limits=limits,
        report=lambda at_ms: report(min(at_ms / max(media.duration_ms, 1), 1.0)),
        edit_picture=edit_picture,
        edit_sound=muting.edit,
    )
