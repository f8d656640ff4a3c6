"""Faces with the real detector, on a clip that one crosses."""

from pathlib import Path

import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.results import Faces, Frames, SampledFrame, Shots
from pipeline.stages.find_faces import FindFaces, spaced
from tests import clips, portraits
from tests.pipeline.running import cut_up


def find(folder: Path, upstream: dict[type, Upstream]) -> Faces:
    told: list[float] = []
    found = FindFaces(side=320).run(
        Context(VideoInfo(folder), folder, folder, 1, upstream, told.append)
    )
    assert told == sorted(told)
    return found


class TestFindFaces:
    def test_follows_a_face_through_its_shot_and_finds_none_elsewhere(self, tmp_path: Path) -> None:
        first = portraits.crossing(tmp_path / "clip.mp4") * 40
        upstream = cut_up(tmp_path / "clip.mp4", tmp_path)

        found = find(tmp_path, upstream)

        shots: Shots = upstream[Shots].result
        (track,) = found.tracks
        (shot,) = [shot for shot in shots.shots if shot.start_ms <= track.start_ms < shot.end_ms]
        assert shot.start_ms == first
        assert track.end_ms <= shot.end_ms
        assert track.start_ms == pytest.approx(first + 250, abs=350)
        lefts = [seen.box[0] for seen in track.boxes]
        assert lefts == sorted(lefts)
        assert (track.label, found.model) == ("face", "centerface")

    def test_finds_none_in_drawings(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "clip.mp4")
        upstream = cut_up(tmp_path / "clip.mp4", tmp_path)

        found = find(tmp_path, upstream)

        frames: Frames = upstream[Frames].result
        assert found.tracks == ()
        assert 0 < found.coverage.pictures <= len(frames.views)


class TestSpaced:
    def test_groups_views_by_time_and_shot(self) -> None:
        views = tuple(SampledFrame(at, "a.jpg") for at in (0, 160, 320, 400, 560, 720, 5000))

        groups = spaced(views, [400], 300)

        assert [[v.at_ms for v in g] for g in groups] == [
            [0, 160],
            [320],
            [400, 560],
            [720],
            [5000],
        ]
