"""What misleads shot detection, one trouble a film: name → a recipe."""

from collections.abc import Callable

import cv2
import numpy as np

from eval.fit_shots.material import SIZE, Floats, Material, Shot
from eval.fit_shots.reel import Reel, blend, clipped, cuts
from eval.pictures import seen
from tests.clips import Picture

WHITE = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
VIEWS = ((0.5, 0.5, 0.95), (0.3, 0.35, 0.45), (0.65, 0.6, 0.6), (0.7, 0.4, 0.4), (0.5, 0.5, 0.9))


def plain(of: Material) -> Reel:
    return cuts(of.shots(8))


def repeated(of: Material) -> Reel:
    """12.5 pictures a second, shown as 25."""
    return cuts([[p for p in shot[::2] for _ in (0, 1)] for shot in of.shots(6, 3, 6)])


def pulled_down(of: Material) -> Reel:
    """Every fourth picture twice, as 24 a second are shown as 30."""
    reel = plain(of)
    return reel.showing(sorted([*range(len(reel.shots)), *range(1, len(reel.shots), 4)]), rate=30)


def uneven(of: Material) -> Reel:
    """Pictures at uneven distances of time."""
    reel = plain(of)
    gaps = of.rng.choice([20, 33, 40, 40, 67, 100], len(reel.shots) - 1)
    return Reel(reel.shots, reel.joins, times_ms=(0, *np.cumsum(gaps).tolist()))


def one_scene(of: Material) -> Reel:
    """Jump cuts to other views of the same."""
    return cuts(of.one_scene([of.length(1, 2.5) for _ in VIEWS], VIEWS))


def short(of: Material) -> Reel:
    return cuts(of.shots(12, 0.7, 1.1))


def shaken(of: Material) -> Reel:
    return cuts([of.photographed(of.length(1.5, 3), "shake") for _ in range(6)])


def dark(of: Material) -> Reel:
    return plain(of).painted(lambda _, p: clipped(p * 0.18 + 6 + _grain(of, 4)))


def grainy(of: Material) -> Reel:
    return plain(of).painted(lambda _, p: clipped(p + _grain(of, 14)))


def letterboxed(of: Material) -> Reel:
    return plain(of).painted(
        lambda _, p: np.asarray(cv2.copyMakeBorder(p[24:-24], 24, 24, 0, 0, cv2.BORDER_CONSTANT))
    )


def flashes(of: Material) -> Reel:
    """A flash a second, some of which die away."""
    reel = cuts(of.shots(6, 2, 3.5))
    light = np.zeros(len(reel.shots))
    for at in range(15, len(light) - 12, int(of.rng.integers(22, 32))):
        if reel.calm(at, at + 9):
            length, dying = of.rng.integers(1, 5), of.rng.choice([0, 0.6])
            light[at : at + length] = 0.85
            light[at + length : at + 9] = 0.85 * dying ** np.arange(1, 10 - length)
    return reel.painted(lambda i, p: blend(p, WHITE, light[i]))


def titles(of: Material) -> Reel:
    """Plates that pop up, slide in or fade in."""
    reel = cuts(of.shots(6, 2, 3.5))
    for start in range(12, len(reel.shots) - 34, 38):
        reel = reel.painted(_title(of, start, start + int(of.rng.integers(14, 34))))
    return reel


def ticker(of: Material) -> Reel:
    def paint(i: int, picture: Picture) -> Picture:
        banner = picture.copy()
        cv2.rectangle(banner, (0, 146), SIZE, (0, 0, 170), -1)
        return _written(banner, (280 - 3 * i % 700, 170))

    return plain(of).painted(paint)


def crossings(of: Material) -> Reel:
    """Things that pass near the camera and hide all of the picture."""
    reel = cuts(of.shots(5, 3, 5))
    for start in range(20, len(reel.shots) - 40, 60):
        length = int(of.rng.integers(10, 26))
        if reel.calm(start, start + length):
            reel = reel.painted(_passing(of, start, length))
    return reel


def whip_pans(of: Material) -> Reel:
    return cuts([_whip(of) for _ in range(6)])


def blends(of: Material) -> Reel:
    """Dissolves of 0.3 to 2 s."""
    return _dissolved(of, of.shots(6, 4.4, 6))


def blended_pans(of: Material) -> Reel:
    kinds = of.rng.choice(["pan", "fast pan", "zoom"], 6)
    return _dissolved(of, [of.photographed(of.length(4.4, 6), str(how)) for how in kinds])


def blends_repeated(of: Material) -> Reel:
    """Dissolves in which each picture is shown twice."""
    reel = blends(of)
    shots = [reel.shots[i - i % 2] for i in range(len(reel.shots))]
    return Reel(shots, reel.joins)


def fades(of: Material) -> Reel:
    """Through black or white, to both sides or to one."""
    first, *rest = of.shots(8, 2.6, 4)
    reel = Reel(first)
    for number, shot in enumerate(rest):
        out, back = (int(n) for n in of.rng.integers(5, 26, 2))
        sides = ((out, back), (out, 0), (out, back), (0, back))[number % 4]
        hold, level = int(of.rng.integers(1, 12)), int(of.rng.choice([0, 0, 255]))
        reel = reel.fade(shot, sides[0], hold, sides[1], level)
    return reel


def footage(of: Material) -> Reel:
    return Reel(of.footage(200))


def fast_pan(of: Material) -> Reel:
    return Reel(of.photographed(200, "fast pan"))


def zoom(of: Material) -> Reel:
    return Reel(of.photographed(200, "zoom"))


def changing_light(of: Material) -> Reel:
    """Light that swells, fades, and goes on and off."""
    swell = 0.6 + 0.4 * np.cos(np.arange(200) / of.rng.uniform(6, 15))
    lamp = np.repeat(of.rng.choice([0.5, 1], 5), 40)
    return footage(of).painted(lambda i, p: clipped(p * (0.15 + swell[i] * lamp[i])))


RECIPES: tuple[Callable[[Material], Reel], ...] = (
    *(plain, repeated, pulled_down, uneven, one_scene, short, shaken, dark, grainy, letterboxed),
    *(flashes, titles, ticker, crossings, whip_pans),
    *(blends, blended_pans, blends_repeated, fades),
    *(footage, fast_pan, zoom, changing_light),
)


def _grain(of: Material, strength: float) -> Floats:
    return of.rng.normal(0, strength, (SIZE[1], SIZE[0], 1))


def _written(picture: Picture, at: tuple[int, int]) -> Picture:
    font = cv2.FONT_HERSHEY_DUPLEX
    words = "breaking: ships leave the harbour"
    return np.asarray(cv2.putText(picture, words, at, font, 0.7, (255, 255, 255), 2), np.uint8)


def _title(of: Material, start: int, end: int) -> Callable[[int, Picture], Picture]:
    how, colour = of.rng.choice(["pop", "slide", "fade"]), of.rng.integers(0, 256, 3).tolist()
    left, top, wide, high = of.rng.integers((0, 20, 120, 30), (100, 110, 220, 70)).tolist()

    def paint(i: int, picture: Picture) -> Picture:
        if not start <= i < end:
            return picture
        there = 1.0 if how == "pop" else min(1, (i - start + 1) / 8, (end - i) / 8)
        x = left if how != "slide" else round(left - (1 - there) * (left + wide))
        drawn = picture.copy()
        cv2.rectangle(drawn, (x, top), (x + wide, top + high), colour, -1)
        drawn = _written(drawn, (x + 6, top + high - 10))
        return blend(picture, drawn, there) if how == "fade" else drawn

    return paint


def _passing(of: Material, start: int, length: int) -> Callable[[int, Picture], Picture]:
    width, height = SIZE
    wide = int(of.rng.uniform(0.7, 1.6) * width)
    coarse = of.rng.integers(0, 90, (3, 6, 3)) + of.rng.integers(0, 160, 3)
    thing = cv2.resize(coarse.astype(np.uint8), (wide, height), interpolation=cv2.INTER_CUBIC)

    def paint(i: int, picture: Picture) -> Picture:
        if not start <= i < start + length:
            return picture
        x = round(-wide + (width + wide) * (i - start + 1) / (length + 1))
        picture = picture.copy()
        picture[:, max(x, 0) : x + wide] = thing[:, max(-x, 0) : width - x]
        return np.asarray(cv2.blur(picture, (9, 1)), np.uint8)

    return paint


def _whip(of: Material) -> Shot:
    """A camera that rests, is flung aside within half a second, and rests."""
    photo = of.photograph()
    wide = np.hstack([photo, photo[:, ::-1]])
    length, swing = of.length(2, 4), int(of.rng.integers(5, 12))
    view = of.rng.uniform(0.14, 0.22)
    speed = np.full(length, 0.003)
    speed[length // 3 : length // 3 + swing] = of.rng.uniform(0.12, 0.34)
    at = (0.15 + np.cumsum(speed) * view).tolist()
    shot = [seen(wide, (x, 0.5, view), SIZE) for x in at]
    for i in range(length // 3, length // 3 + swing):
        shot[i] = np.asarray(cv2.blur(shot[i], (int(speed[i] * SIZE[0] / 2), 1)), np.uint8)
    return shot


def _dissolved(of: Material, shots: list[Shot]) -> Reel:
    reel = Reel(shots[0])
    for shot in shots[1:]:
        reel = reel.dissolve(shot, int(of.rng.integers(8, 51)))
    return reel
