"""What drawn scenes are made of: photographs, free of rights, a camera that moves over them, fonts.

They lie in wheels that only `make eval` installs; docs/sample/README.md lists who took which
photograph. Nothing of the packages themselves is imported.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from tests.clips import RATE, Picture

FRAME_MS = 1000 // RATE
SIZE = (1280, 720)

View = tuple[float, float, float]
"""Centre x, centre y and width of what the camera sees, in shares of the photograph."""


def photo(name: str) -> Picture:
    """Return a photograph as `(H, W, 3)` uint8 BGR, of any size: "astronaut.png"."""
    picture = cv2.imread(str(_file("skimage", f"data/{name}")), cv2.IMREAD_COLOR)
    return np.asarray(picture, np.uint8)


def font(size: int, name: str = "DejaVuSans-Bold") -> ImageFont.FreeTypeFont:
    """Return a font of the DejaVu family, `size` in pixels."""
    return ImageFont.truetype(_file("matplotlib", f"mpl-data/fonts/ttf/{name}.ttf"), size)


def _file(package: str, inside: str) -> Path:
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    path = Path(places[0]) / inside if places else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"{inside} of {package} is not installed: run make eval.")
    return path


def pan(
    picture: Picture, start: View, end: View, length_ms: int, size: tuple[int, int] = SIZE
) -> Iterator[Picture]:
    """Move a camera evenly over a photograph; yield what it sees, `RATE` pictures a second."""
    last = max(length_ms // FRAME_MS - 1, 1)
    for step in range(length_ms // FRAME_MS):
        yield seen(picture, between(start, end, step / last), size)


def between(start: View, end: View, share: float) -> View:
    """Return what a camera sees that has gone `share` of its way, 0..1."""
    x, y, width = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return x, y, width


def seen(picture: Picture, view: View, size: tuple[int, int] = SIZE) -> Picture:
    """Return what a camera sees of the photograph, `size` large and never beyond its edges."""
    height, width = picture.shape[:2]
    scale = min(view[2] * width / size[0], width / size[0], height / size[1])
    left, top = (
        min(max(centre * side - scale * shown / 2, 0), side - scale * shown)
        for centre, side, shown in ((view[0], width, size[0]), (view[1], height, size[1]))
    )
    placed = np.array([[scale, 0, left], [0, scale, top]])  # the camera's pixels in the photograph
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, placed, size, flags=flags), np.uint8)
