"""Persons, animals and things on real pictures, with the real detector where it is at hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.contract import Upstream
from pipeline.engines.catalogue import CATALOGUE, Disk, File, Model, places
from pipeline.errors import ModelMissing, StageError
from pipeline.media.pictures import read_bgr
from pipeline.results import Frames, Objects, Shots, Track
from pipeline.stages.detect_shots import DetectShots
from pipeline.stages.find_objects import FindObjects
from pipeline.stages.probe import Probe
from pipeline.stages.sample_frames import SampleFrames
from tests import clips
from tests.pipeline.running import run_stages

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
WEIGHTS = SHARED / "models" / "yolox_nano.onnx"

# When and where, as the share of the width, at least half of each thing shows: told by eye.
THERE = {
    "bottle": [
        (0, 7050, 0.14),
        (0, 17_800, 0.49),
        (0, 32_000, 0.84),
        (11_350, 17_800, 0.14),
        (22_200, 39_855, 0.49),
        (27_450, 39_855, 0.14),
        (34_950, 39_855, 0.84),
    ],
    "person": [(0, 3633, 0.49)],
}


def shows(track: Track, at_ms: int, x: float) -> bool:
    """Tell whether a track has its thing about `x` then."""
    nearest = min(track.boxes, key=lambda seen: abs(seen.at_ms - at_ms)).box
    inside = track.start_ms <= at_ms < track.end_ms
    return inside and abs(nearest[0] + nearest[2] / 2 - x) < 0.18


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose models are those at hand."""
    if not WEIGHTS.exists():
        pytest.skip("no weights of YOLOX-nano: they come with no wheel")
    folder = tmp_path_factory.mktemp("objects")
    (folder / "yolox-nano").mkdir()
    shutil.copyfile(WEIGHTS, folder / "yolox-nano" / WEIGHTS.name)
    return folder


@pytest.fixture(scope="module")
def sample(folder: Path) -> dict[type, Upstream]:
    """What the stages find in the sample, with one view a second: most of its scenes only pan."""
    stages = (Probe(), SampleFrames(view_gap_ms=1000), DetectShots(), FindObjects())
    return run_stages(clips.SAMPLE, folder, stages)


def labelled(found: Objects, label: str) -> Iterator[Track]:
    return (track for track in found.tracks if track.label == label)


class TestFindObjects:
    def test_finds_what_the_sample_shows(self, sample: dict[type, Upstream]) -> None:
        found, shots = sample[Objects].result, sample[Shots].result.shots

        for label, number in (("person", 1), ("cup", 3), ("cat", 4), ("person", 5)):
            span = shots[number].start_ms, shots[number].end_ms
            tracks = [(t.start_ms, t.end_ms) for t in labelled(found, label)]
            assert span in tracks, (label, tracks)

    def test_keeps_to_the_shots_and_to_the_picture(self, sample: dict[type, Upstream]) -> None:
        starts = [shot.start_ms for shot in sample[Shots].result.shots]

        for track in sample[Objects].result.tracks:
            assert not any(track.start_ms < cut < track.end_ms for cut in starts)
            for detection in track.boxes:
                x, y, width, height = detection.box
                assert track.start_ms <= detection.at_ms < track.end_ms
                assert 0 <= x <= x + width <= 1.0001 and 0 <= y <= y + height <= 1.0001

    def test_states_its_coverage(self, sample: dict[type, Upstream]) -> None:
        coverage = sample[Objects].result.coverage

        assert coverage.pictures == len(sample[Frames].result.views)
        assert 0 < coverage.largest_gap_ms <= 1200

    def test_looks_at_a_sample_in_the_stead_of_the_view_of_its_moment(
        self, sample: dict[type, Upstream]
    ) -> None:
        frames = sample[Frames].result
        views, samples = (
            {kept.at_ms for kept in taken} for taken in (frames.views, frames.samples)
        )
        looks = {seen.at_ms for track in sample[Objects].result.tracks for seen in track.boxes}

        assert looks - views  # at samples shown a little later than their view
        for at_ms in looks - views:
            assert at_ms in samples
            assert len([view for view in views if at_ms - 80 <= view < at_ms]) == 1

    def test_finds_small_things_in_a_picture_that_stands_still(
        self, folder: Path, sample: dict[type, Upstream], tmp_path: Path
    ) -> None:
        """The sample's cat, on a seventh of a grey picture: too small for a view of 640 pixels."""
        frames = sample[Frames]
        shown = next(kept for kept in frames.result.samples if kept.at_ms >= 23_000)
        cat = read_bgr(frames.directory / shown.file)
        small = cv2.resize(cat, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
        still = np.full(cat.shape, 90, np.uint8)
        still[300 : 300 + small.shape[0], 500 : 500 + small.shape[1]] = small
        clips.write(tmp_path / "still.mp4", [still] * clips.RATE)
        (tmp_path / "yolox-nano").symlink_to(folder / "yolox-nano")

        done = run_stages(
            tmp_path / "still.mp4", tmp_path, (Probe(), SampleFrames(), FindObjects())
        )

        (track,) = labelled(done[Objects].result, "cat")
        assert (track.start_ms, track.end_ms) == (0, 1000)
        x, y, width, height = track.boxes[0].box
        assert 0.39 < x < x + width < 0.55 and 0.41 < y < y + height < 0.57

    @pytest.mark.media
    @pytest.mark.parametrize(
        ("name", "label"), [("bottle-detection.mp4", "bottle"), ("signing.mkv", "person")]
    )
    def test_follows_what_is_there_and_counts_it_once(
        self, folder: Path, name: str, label: str
    ) -> None:
        there = THERE[label]
        # Half of the views that a server takes, for the sake of the suite's time.
        stages = (Probe(), SampleFrames(view_gap_ms=320), DetectShots(), FindObjects())
        (folder / name).mkdir()
        (folder / name / "yolox-nano").symlink_to(folder / "yolox-nano")

        done = run_stages(SHARED / "media" / name, folder / name, stages)

        tracks = list(labelled(done[Objects].result, label))
        looks = [
            (view.at_ms, x)
            for view in done[Frames].result.views
            for start_ms, end_ms, x in there
            if start_ms <= view.at_ms < end_ms
        ]
        seen = [any(shows(track, at_ms, x) for track in tracks) for at_ms, x in looks]
        assert sum(seen) >= 0.95 * len(looks) > 0
        assert len(there) <= len(tracks) <= 1.5 * len(there)

    def test_is_skipped_without_weights(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        with pytest.raises(ModelMissing, match="yolox-nano"):
            run_stages(tmp_path / "a.mp4", tmp_path, (Probe(), SampleFrames(), FindObjects()))

    def test_takes_the_graph_of_a_model_of_several_files(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")
        folder = tmp_path / "mine"
        folder.mkdir()
        for name in ("a.data", "b.onnx"):
            (folder / name).write_bytes(name.encode())
        files = tuple(
            File(path.name, places.digest(path), path.stat().st_size, Disk(path))
            for path in sorted(folder.iterdir())
        )
        monkeypatch.setitem(CATALOGUE, "mine", Model("mine", "tests", "MIT", "our own", files))

        with pytest.raises(StageError, match="is no detector"):
            run_stages(
                tmp_path / "a.mp4", tmp_path, (Probe(), SampleFrames(), FindObjects(model="mine"))
            )
