"""Draws titles of many kinds over photographs, and says what is to be read when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from eval.cases import Truth
from eval.pictures import FRAME_MS, font, pan, photo
from tests import clips

FADE_MS = 320
_SHOT_MS = 4000
_GROUNDS = ("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png", "camera.png")


@dataclass(frozen=True)
class Title:
    """One line. Times in ms of the video; places in pixels of a 1280 × 720 picture."""

    text: str
    start_ms: int
    end_ms: int
    x: int
    y: int
    size: int = 48
    face: str = "DejaVuSans-Bold"
    speed: tuple[float, float] = (0, 0)
    """Pixels a picture to the right and down; one that moves neither fades nor stops."""

    def draw(self, picture: clips.Picture, at_ms: int) -> clips.Picture:
        """Return the picture with the title as it stands at `at_ms`."""
        if not self.start_ms <= at_ms < self.end_ms:
            return picture
        steps = (at_ms - self.start_ms) / FRAME_MS
        place = (self.x + self.speed[0] * steps, self.y + self.speed[1] * steps)
        shown = 1.0
        if not any(self.speed):
            since, until = at_ms + FRAME_MS - self.start_ms, self.end_ms - at_ms
            shown = min(since / FADE_MS, until / FADE_MS, 1.0)
        canvas = Image.fromarray(picture)
        layer = Image.new("RGBA", canvas.size)
        ImageDraw.Draw(layer).text(
            place,
            self.text,
            "white",
            font(self.size, self.face),
            stroke_width=max(self.size // 16, 1),
            stroke_fill="black",
        )
        layer.putalpha(layer.getchannel("A").point(lambda alpha: round(alpha * shown)))
        canvas.paste(layer, mask=layer)
        return np.asarray(canvas)

    def true(self) -> dict[str, object]:
        return {"start_ms": self.start_ms, "end_ms": self.end_ms, "text": self.text}


def titled(titles: Sequence[Title], path: Path) -> Truth:
    """Write photographs, one after another under a moving camera, with titles over them."""
    end_ms = -(-max(title.end_ms for title in titles) // _SHOT_MS) * _SHOT_MS
    shots = (
        pan(photo(_GROUNDS[number % len(_GROUNDS)]), (0.4, 0.4, 0.9), (0.6, 0.5, 0.8), _SHOT_MS)
        for number in range(end_ms // _SHOT_MS)
    )

    def drawn() -> Iterator[clips.Picture]:
        for step, picture in enumerate(chain.from_iterable(shots)):
            for title in titles:
                picture = title.draw(picture, step * FRAME_MS)
            yield picture

    clips.write(path, drawn())
    return {"titles": [title.true() for title in titles]}


PLAIN = (
    Title("Morning in the old harbour", 400, 3200, 120, 90, 60),
    Title("Maria Fernandez", 4800, 7600, 90, 540, 46),
    Title("Marine biologist, Lisbon", 4800, 7600, 90, 600, 30, "DejaVuSans"),
    Title("Where have you been all night?", 8400, 10400, 260, 640, 38, "DejaVuSans"),
    Title("I missed the last train home.", 10400, 12400, 260, 640, 38, "DejaVuSans"),
    Title("Then sit down and eat.", 12800, 14800, 330, 640, 38, "DejaVuSans"),
    Title("CHAPTER TWO", 16400, 18800, 380, 250, 80, "DejaVuSerif-Bold"),
    Title("The long way north", 16800, 19200, 400, 370, 44, "DejaVuSerif"),
    Title("Recorded on 14 March 2019", 20400, 23600, 800, 30, 24, "DejaVuSansMono"),
    Title("Photograph by courtesy of the museum", 20800, 23200, 40, 680, 22, "DejaVuSans"),
)
ACCENTS = (
    Title("Öffentlicher Nahverkehr in Zürich", 400, 3600, 100, 100),
    Title("Été à Besançon, près du château", 4400, 7600, 100, 560),
    Title("Mañana llegará el pingüino", 8400, 11600, 100, 300),
    Title("Żółw i źrebię, wieś pod Łodzią", 12400, 15600, 100, 500),
)
ROLL = tuple(
    Title(text, 1000 + 800 * number, 1000 + 800 * number + 4800, 420, 720, 36, speed=(0, -6))
    for number, text in enumerate(
        ("Written by Ada Winter", "Camera: Jonas Bergman", "Sound: Lucia Romano",
         "Edited by Peter Novak", "Music by the Harbour Trio", "Colour grading: Mei Tanaka",
         "With thanks to the lighthouse", "Copyright Northern Pictures")
    )
)  # fmt: skip
TICKER = (
    Title("Ferry services resume on Monday after the storm", 1000, 11800, 1280, 660, 40,
          speed=(-9, 0)),
)  # fmt: skip
