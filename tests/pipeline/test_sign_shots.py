"""From pictures to signatures."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.media.signing import sign, without_bars
from pipeline.results import Signatures
from tests import clips
from tests.clips import Picture
from tests.pipeline.running import signed


def signatures(path: Path, pictures: Iterable[Picture]) -> Signatures:
    """Write a video and return the signatures of its pictures."""
    clips.write(path, pictures)
    folder = path.with_suffix("")
    folder.mkdir()
    return signed(path, folder)


def hashes(found: Signatures, *, mirrored: bool = False) -> np.ndarray:
    """Return all hashes, one after another: (n, 32) uint8."""
    joined = b"".join(one.mirrored if mirrored else one.pictures for one in found.signatures)
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def differing(one: np.ndarray, two: np.ndarray) -> float:
    """Return how many of 256 bits differ on average."""
    return float(np.bitwise_count(one ^ two).sum(axis=1).mean())


def letterboxed(picture: Picture) -> Picture:
    return np.pad(picture, ((70, 70), (0, 0), (0, 0)))


def pillarboxed(picture: Picture) -> Picture:
    return np.pad(picture, ((0, 0), (160, 160), (0, 0)))


def smaller(picture: Picture) -> Picture:
    return cv2.resize(picture, (160, 90), interpolation=cv2.INTER_AREA).astype(np.uint8)


def brighter(picture: Picture) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=1.15, beta=10).astype(np.uint8)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Signatures:
    return signatures(tmp_path_factory.mktemp("plain") / "a.mp4", clips.shots())


class TestSignShots:
    def test_begins_a_signature_at_every_cut(self, plain: Signatures) -> None:
        starts = [one.start_ms for one in plain.signatures]

        assert starts == sorted(starts)
        assert {round(cut / 250 + 0.49) * 250 for cut in clips.cuts()} <= set(starts)
        assert plain.signatures[-1].end_ms == 6200

    @pytest.mark.parametrize("changed", [letterboxed, pillarboxed, smaller, brighter])
    def test_sees_through(
        self, tmp_path: Path, plain: Signatures, changed: Callable[[Picture], Picture]
    ) -> None:
        copy = signatures(tmp_path / "b.mp4", map(changed, clips.shots()))

        assert differing(hashes(copy), hashes(plain)) < 20

    def test_knows_the_mirror_image(self, tmp_path: Path, plain: Signatures) -> None:
        mirror = (np.ascontiguousarray(picture[:, ::-1]) for picture in clips.shots())

        copy = signatures(tmp_path / "b.mp4", mirror)

        assert differing(hashes(copy), hashes(plain)) > 100
        assert differing(hashes(copy, mirrored=True), hashes(plain)) < 20

    def test_takes_no_night_sky_for_a_bar(self) -> None:
        night = np.random.default_rng(2).integers(60, 255, (72, 128)).astype(np.uint8)
        night[:20] = 5
        boxed = np.pad(night, ((28, 28), (0, 0)))

        whole = cv2.resize(night, (64, 64), interpolation=cv2.INTER_AREA)
        assert (without_bars(night) == whole).all()
        assert (without_bars(boxed) == whole).all()

    def test_joins_stretches_where_there_would_be_too_many(self) -> None:
        times = np.arange(200) * 250
        noise = np.random.default_rng(1).integers(0, 256, (200, 64, 64)).astype(np.uint8)

        found = sign(
            noise,
            times,
            end_ms=50_000,
            cuts=[],
            min_quality=20,
            drift=24,
            most=60,
            report=lambda _: None,
        )

        assert [one.start_ms for one in found] == list(range(0, 50_000, 1000))
        assert sum(len(one.pictures) for one in found) == 200 * 32

    def test_gives_a_still_picture_one_signature_and_black_and_flat_ones_none(
        self, tmp_path: Path
    ) -> None:
        black, grey = np.zeros((180, 320, 3), np.uint8), np.full((180, 320, 3), 120, np.uint8)
        pictures = [black] * 25 + [clips.scene(0, 0)] * 50 + [grey] * 25

        found = signatures(tmp_path / "a.mp4", pictures)

        assert [(one.start_ms, one.end_ms) for one in found.signatures] == [(1000, 3000)]
        assert len(found.signatures[0].pictures) == 8 * 32
