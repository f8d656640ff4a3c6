"""A sprite of small pictures evenly spread over the video, and the WebVTT that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.media.pictures import Picture, write_jpeg

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = 10
MAX_TILES = 100
MIN_GAP_MS = 1000
QUALITY = 75


class Storyboard:
    """Collects at most `MAX_TILES` tiles; takes fewer where the video is shorter than 100 s."""

    def __init__(self, duration_ms: int) -> None:
        self._gap_ms = max(MIN_GAP_MS, -(-duration_ms // MAX_TILES))
        self._tiles: list[tuple[int, Picture]] = []

    def wants(self, at_ms: int) -> bool:
        return not self._tiles or at_ms >= self._tiles[-1][0] + self._gap_ms

    def add(self, at_ms: int, tile: Picture) -> None:
        if len(self._tiles) == MAX_TILES:  # longer than it said: thin out, go on coarser
            self._tiles = self._tiles[::2]
            self._gap_ms *= 2
        # On the grid, so that a late picture doesn't delay all that follow.
        self._tiles.append((at_ms // self._gap_ms * self._gap_ms, tile))

    def write(self, sprite: Path, vtt: Path, end_ms: int) -> None:
        """Write the JPEG sprite and the WebVTT whose cues tile 0..`end_ms`."""
        height, width = self._tiles[0][1].shape[:2]
        columns = min(COLUMNS, len(self._tiles))
        rows = -(-len(self._tiles) // columns)
        sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
        starts = [0, *(at for at, _ in self._tiles[1:])]
        ends = [*starts[1:], max(end_ms, starts[-1] + 1)]
        lines = ["WEBVTT", ""]
        for index, (start, end, (_, tile)) in enumerate(
            zip(starts, ends, self._tiles, strict=True)
        ):
            x, y = index % columns * width, index // columns * height
            sheet[y : y + height, x : x + width] = tile
            lines += [f"{_stamp(start)} --> {_stamp(end)}"]
            lines += [f"{sprite.name}#xywh={x},{y},{width},{height}", ""]
        write_jpeg(sprite, sheet, QUALITY)
        vtt.write_text("\n".join(lines), encoding="utf-8")


def _stamp(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
