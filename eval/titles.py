"""Draws text of many kinds over moving and still grounds, and says what is to be read when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from eval.cases import Truth
from eval.pictures import FRAME_MS, SIZE, font, pan, photo
from tests import clips

FADE_MS = 320
_SHOT_MS = 4000
PHOTOS = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "camera.png")

Ground = Callable[[int], Iterator[clips.Picture]]
"""Yields what lies behind the text for so many ms."""


@dataclass(frozen=True)
class Title:
    """One line. Times in ms of the video; places in pixels of the picture, 1280 × 720 as a rule."""

    text: str
    start_ms: int
    end_ms: int
    x: int
    y: int
    size: int = 48
    face: str = "DejaVuSans-Bold"
    speed: tuple[float, float] = (0, 0)
    """Pixels a picture to the right and down; one that moves does not fade."""
    slide_ms: int | None = None
    """After so long it stops moving."""
    fade_ms: int = FADE_MS
    colour: str = "white"
    outline: str | None = "black"
    bar: str | None = None
    """Colour of a bar across the picture behind it."""
    optional: bool = False
    """Too small or too brief to be asked for: it may be read rightly or left out, not guessed."""

    def draw(self, picture: clips.Picture, at_ms: int) -> clips.Picture:
        """Return the picture with the title as it stands at `at_ms`."""
        if not self.start_ms <= at_ms < self.end_ms:
            return picture
        moved_ms = at_ms - self.start_ms
        if self.slide_ms is not None:
            moved_ms = min(moved_ms, self.slide_ms)
        steps = moved_ms / FRAME_MS
        place = (self.x + self.speed[0] * steps, self.y + self.speed[1] * steps)
        shown = 1.0
        if self.fade_ms and not any(self.speed):
            since, until = at_ms + FRAME_MS - self.start_ms, self.end_ms - at_ms
            shown = min(since / self.fade_ms, until / self.fade_ms, 1.0)
        canvas = Image.fromarray(picture)
        if self.bar:
            top, bottom = place[1] - self.size // 4, place[1] + self.size * 3 // 2
            ImageDraw.Draw(canvas).rectangle((0, top, canvas.width, bottom), fill=self.bar)
        layer = self._layer()
        faded = layer.copy()
        faded.putalpha(layer.getchannel("A").point(lambda alpha: round(alpha * shown)))
        canvas.paste(faded, (round(place[0]), round(place[1])), faded)
        return np.asarray(canvas)

    @cache  # noqa: B019 - a film draws a title in a hundred pictures, then the process ends
    def _layer(self) -> Image.Image:
        face, stroke = font(self.size, self.face), max(self.size // 16, 1) if self.outline else 0
        right, bottom = face.getbbox(self.text, stroke_width=stroke)[2:]
        layer = Image.new("RGBA", (round(right) + stroke, round(bottom) + stroke))
        ImageDraw.Draw(layer).text(
            (0, 0), self.text, self.colour, face, stroke_width=stroke, stroke_fill=self.outline
        )
        return layer

    def true(self) -> dict[str, object]:
        spans = {"start_ms": self.start_ms, "end_ms": self.end_ms, "text": self.text}
        return spans | ({"optional": True} if self.optional else {})


def film(titles: Sequence[Title], ground: Ground, turn: int | None, path: Path) -> Truth:
    """Write titles over a ground, whose last shot ends after the last title.

    `turn`: anticlockwise degrees by which a player has to turn what is drawn.
    """
    end_ms = -(-max(title.end_ms for title in titles) // _SHOT_MS) * _SHOT_MS

    def drawn() -> Iterator[clips.Picture]:
        for step, picture in enumerate(ground(end_ms)):
            for title in titles:
                picture = title.draw(picture, step * FRAME_MS)
            yield picture if turn is None else np.ascontiguousarray(np.rot90(picture, -turn // 90))

    clips.write(path, drawn(), turn=turn)
    return {"titles": [title.true() for title in titles]}


def camera(
    *names: str, size: tuple[int, int] = SIZE, way: float = 0.2, width: float = 0.85
) -> Ground:
    """Photographs, one after another, under a camera that goes `way` of them and comes nearer."""

    def shots(length_ms: int) -> Iterator[clips.Picture]:
        low, high = 0.5 - way / 2, 0.5 + way / 2
        return chain.from_iterable(
            pan(
                photo(names[number % len(names)]),
                (low, low, width),
                (high, high, width - way / 2),
                _SHOT_MS,
                size,
            )
            for number in range(length_ms // _SHOT_MS)
        )

    return shots


def plain(*colours: str, size: tuple[int, int] = SIZE) -> Ground:
    """One colour after another, each still."""

    def shots(length_ms: int) -> Iterator[clips.Picture]:
        for number in range(length_ms // _SHOT_MS):
            still = np.asarray(Image.new("RGB", size, colours[number % len(colours)]))
            yield from [still] * (_SHOT_MS // FRAME_MS)

    return shots


def nothing(ground: Ground, length_ms: int, path: Path) -> Truth:
    """Write a ground on which nothing stands."""
    clips.write(path, ground(length_ms))
    return {"titles": []}


def page(
    lines: Sequence[str], jump: float, jump_ms: int, face: str, size: int, path: Path
) -> Truth:
    """Write a page that is scrolled: it jumps up by `jump` lines every `jump_ms`.

    A line is there while it can be seen whole.
    """
    pitch, top, bottom = size * 7 // 4, 60, SIZE[1] - 40
    steps = 12_000 // FRAME_MS
    offsets = [round(step * FRAME_MS // jump_ms * jump * pitch) for step in range(steps)]
    places = [top + 20 + number * pitch for number in range(len(lines))]

    def drawn() -> Iterator[clips.Picture]:
        for offset in offsets:
            canvas = Image.new("RGB", SIZE, "#f7f7f2")
            drawing = ImageDraw.Draw(canvas)
            for text, y in zip(lines, places, strict=True):
                if -pitch < y - offset < SIZE[1]:
                    drawing.text((120, y - offset), text, "#22262b", font(size, face))
            drawing.rectangle((0, 0, SIZE[0], top), fill="#3c4a5c")
            drawing.rectangle((0, bottom, SIZE[0], SIZE[1]), fill="#3c4a5c")
            yield np.asarray(canvas)

    clips.write(path, drawn())
    truth = []
    for text, y in zip(lines, places, strict=True):
        seen = [
            i for i, o in enumerate(offsets) if top <= y - o and y - o + size * 5 // 4 <= bottom
        ]
        if text and seen:
            start_ms, end_ms = seen[0] * FRAME_MS, (seen[-1] + 1) * FRAME_MS
            truth.append({"start_ms": start_ms, "end_ms": end_ms, "text": text})
    return {"titles": truth}
