"""Makes clips of several shots, one trouble each for whoever looks for the cuts.

Every maker writes one file to the path it is given and, where shots are cut hard, returns the cuts, ms.
"""

from pathlib import Path

import cv2
import numpy as np

from tests.clips import RATE, SHOTS_MS, Picture, cuts, scene, shots, write


def repeated_pictures(path: Path) -> list[int]:
    """The scenes of `clips.hard_cuts` drawn 12.5 times a second, each picture shown twice."""
    lengths = [2 * ms for ms in SHOTS_MS]
    drawn = (scene(s, i) for s, ms in enumerate(lengths) for i in range(0, ms // 40, 2))
    write(path, (picture for picture in drawn for _ in range(2)))
    return cuts(lengths)


def flashes(path: Path) -> list[int]:
    """`clips.hard_cuts` with a white flash of one or two pictures in the middle of each scene."""
    at = {20, 55, 56, 90, 135, 136}
    write(path, (p if i not in at else _white(p) for i, p in enumerate(shots())))
    return cuts()


def blended(path: Path) -> None:
    """Three panning scenes: a dissolve at 1.4 to 2.2 s, a fade through black at 3.4 to 4.6 s."""

    def mixed(a: Picture, b: Picture, share: float) -> Picture:
        return cv2.addWeighted(a, 1 - share, b, share, 0).astype(np.uint8)

    def drawn(step: int) -> Picture:
        if step < 85:
            share = min(max((step - 34) / 21, 0.0), 1.0)
            return mixed(scene(0, step), scene(1, step), share)
        light = abs(step - 100) / 15 if step < 115 else 1.0
        seen = scene(1 if step < 100 else 2, step)
        return mixed(np.zeros_like(seen), seen, light)

    write(path, map(drawn, range(160)))


def _white(picture: Picture) -> Picture:
    return cv2.addWeighted(picture, 0.15, np.full_like(picture, 255), 0.85, 0).astype(np.uint8)


def titles(path: Path) -> list[int]:
    """`clips.hard_cuts` with a big plate that pops up, slides in, and stays across a cut."""

    def plated(index: int, picture: Picture) -> Picture:
        step = index % 35
        if step < 10:
            return picture
        right = 250 if index < 70 else min(250, 30 * (step - 10))
        cv2.rectangle(picture, (0, 110), (right, 160), (40, 40, 200), -1)
        cv2.putText(picture, "NEWS", (20, 150), cv2.FONT_HERSHEY_DUPLEX, 1.5, (255,) * 3, 3)
        return picture

    write(path, (plated(i, p) for i, p in enumerate(shots())))
    return cuts()


def bannered(path: Path) -> list[int]:
    """Smooth scenes under a banner that stays across all cuts."""
    lengths = (1200, 1600, 1400, 1200, 1800, 1400)

    def smooth(seed: int, step: int) -> Picture:
        drawn = cv2.GaussianBlur(scene(seed, step), (0, 0), 12).astype(np.uint8)
        cv2.rectangle(drawn, (0, 145), (320, 180), (0, 0, 180), -1)
        cv2.putText(drawn, "LIVE from the harbour", (8, 170), 0, 0.8, (255,) * 3, 2)
        return drawn

    write(path, (smooth(s, i) for s, ms in enumerate(lengths) for i in range(ms * RATE // 1000)))
    return cuts(lengths)


def popping_plates(path: Path) -> list[int]:
    """A camera that stands still, and plates over the middle that come and go. Holds no cut."""

    def plated(step: int) -> Picture:
        picture = scene(0, 0)
        if step // 25 % 2:
            cv2.rectangle(picture, (50, 30), (270, 150), (40, 40, 200), -1)
            cv2.putText(picture, f"PLATE {step // 50}", (70, 100), 0, 1.4, (255,) * 3, 3)
        return picture

    write(path, (plated(i) for i in range(10 * RATE)))
    return []


def pillarboxed(path: Path) -> list[int]:
    """An upright picture between wide black bars."""

    def boxed(picture: Picture) -> Picture:
        narrow = np.zeros_like(picture)
        narrow[:, 110:210] = picture[:, 110:210]
        return narrow

    write(path, map(boxed, shots()))
    return cuts()
