"""Turns decoded frames into upright BGR pictures of the sizes we keep, and pictures into files."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from pipeline.errors import StageError

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame

Picture = np.ndarray[Any, np.dtype[np.uint8]]
"""`(H, W, 3)` uint8 BGR."""

STRIP_WIDTH, STRIP_HEIGHT = 48, 27
TILE_WIDTH = 160
HD_LINES = 720
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def nothing_decodes() -> StageError:
    """Return what is raised where a picture stream gives no picture."""
    return StageError(
        "no_decodable_picture", "No picture of the video can be decoded: export it again."
    )


def upright_size(
    width: int, height: int, pixel_aspect: Fraction, turn: int, longest: int
) -> tuple[int, int]:
    """Return (width, height) upright and with square pixels, scaled down to `longest`.

    `turn`: clockwise degrees. Sizes are even where the picture had to shrink or stretch. Raises
    `StageError` (`no_decodable_picture`) for 0×0: not even the decoder learned the size.
    """
    if not (width and height):
        raise nothing_decodes()
    wide, high = Fraction(width), Fraction(height)
    if pixel_aspect >= 1:
        wide *= pixel_aspect
    else:
        high /= pixel_aspect
    if turn in (90, 270):
        wide, high = high, wide
    scale = min(Fraction(1), longest / max(wide, high))
    return max(2, round(wide * scale)), max(2, round(high * scale))


class Converter:
    """Scales, converts and turns frames to one fixed upright size.

    swscale goes from the decoder's planes straight to small BGR: 0.3 ms for 720p, where a
    full-size colour conversion takes ten times that.
    """

    def __init__(self, width: int, height: int, turn: int) -> None:
        self._width, self._height = (height, width) if turn in (90, 270) else (width, height)
        self._turn = TURNS.get(turn)
        self._reformatter = VideoReformatter()

    def convert(self, frame: VideoFrame) -> Picture:
        """Return `(height, width, 3)` uint8 BGR, averaged over areas where it shrinks."""
        # Untagged HD is BT.709 by convention; swscale would take it for BT.601.
        untagged_hd = frame.colorspace == UNSPECIFIED and frame.height >= HD_LINES
        small = self._reformatter.reformat(
            frame,
            width=self._width,
            height=self._height,
            format="bgr24",
            interpolation=Interpolation.AREA,
            src_colorspace=Colorspace.ITU709 if untagged_hd else None,
            threads=1,
        )
        picture = cast("Picture", small.to_ndarray())
        return picture if self._turn is None else cast("Picture", cv2.rotate(picture, self._turn))


def write_jpeg(path: Path, picture: Picture, quality: int) -> None:
    """Write `picture` as JPEG; raises `OSError` where the disk refuses it."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} can't be a JPEG")
    path.write_bytes(data.tobytes())


def read_bgr(path: Path) -> Picture:
    """Return a JPEG as `(H, W, 3)` uint8 BGR; raises `ValueError` if it is none."""
    return _decoded(path, cv2.IMREAD_COLOR)


def read_half_bgr(path: Path) -> Picture:
    """Return a JPEG at half its size, odd sides rounded up; raises `ValueError` if it is none.

    Half of the coefficients are computed: it takes a third of the time.
    """
    return _decoded(path, cv2.IMREAD_REDUCED_COLOR_2)


def _decoded(path: Path, how: int) -> Picture:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), how)
    if picture is None:
        raise ValueError(f"{path.name} is no picture")
    return cast("Picture", picture)


def poster_score(picture: Picture) -> float:
    """Rate how well a picture stands for the video: sharp, rich in contrast, well lit.

    0 for a black, white or flat one; comparable only within one video.
    """
    height = max(2, round(picture.shape[0] * 320 / picture.shape[1]))
    grey = cv2.cvtColor(
        cv2.resize(picture, (320, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
    )
    # Above this, more edges mean grain or a page of text, not a better poster.
    sharpness = min(float(cv2.Laplacian(grey, cv2.CV_32F).var()), 800.0) / 800
    contrast = min(float(grey.std()), 64.0) / 64
    light = 1 - abs(float(grey.mean()) - 120) / 135
    return (0.3 + 0.7 * sharpness) * contrast * max(light, 0.0)
