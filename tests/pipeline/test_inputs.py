"""One film in the many forms in which people upload it: each gives the same timeline."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.contract import Upstream
from pipeline.results import Audio, Frames, Media, ScreenText, Shots
from pipeline.stages.detect_shots import DetectShots
from pipeline.stages.extract_audio import ExtractAudio
from pipeline.stages.probe import Probe
from pipeline.stages.read_text import ReadText
from pipeline.stages.sample_frames import SampleFrames
from tests import clips
from tests.pipeline import recipes
from tests.pipeline.running import run_stages

_STAGES = (Probe(), SampleFrames(), DetectShots(), ExtractAudio(), ReadText())
_LOUD = 2000
_BOX = (0.14, 0.41, 0.65, 0.22)


@dataclass(frozen=True)
class Timeline:
    """When things happen, ms."""

    shots: tuple[int, ...]
    titles: tuple[int, ...]
    tones: tuple[int, ...]


def timeline(done: dict[type, Upstream]) -> Timeline:
    shots: Shots = done[Shots].result
    texts: ScreenText = done[ScreenText].result
    assert [span.text for span in texts.spans] == [recipes.TITLE]
    assert np.allclose(texts.spans[0].box, _BOX, atol=0.04)
    return Timeline(
        shots=(*(shot.start_ms for shot in shots.shots), shots.shots[-1].end_ms),
        titles=tuple(t for span in texts.spans for t in (span.start_ms, span.end_ms)),
        tones=tuple(_tones(np.load(done[Audio].directory / done[Audio].result.file))),
    )


def _tones(samples: np.ndarray) -> Iterator[int]:
    """Yield when the tone comes and goes."""
    loud = np.flatnonzero(np.abs(samples.astype(int)) > _LOUD) // 16
    yield int(loud[0])
    for before, after in pairwise(loud.tolist()):
        if after - before > recipes.FRAME_MS:
            yield from (before, after)
    yield int(loud[-1])


def expected(earlier_ms: int = 0) -> Timeline:
    def moved(*times_ms: int) -> tuple[int, ...]:
        return tuple(max(at_ms - earlier_ms, 0) for at_ms in times_ms)

    return Timeline(
        shots=moved(0, *clips.cuts(recipes.SHOTS_MS), sum(recipes.SHOTS_MS)),
        titles=moved(*recipes.TITLE_MS),
        tones=moved(*chain.from_iterable(recipes.TONES_MS)),
    )


def assert_alike(found: Timeline, true: Timeline) -> None:
    """Hold each moment against its own: within one picture, and a ms of rounding."""
    for name, moments in vars(true).items():
        assert np.shape(vars(found)[name]) == np.shape(moments), name
        assert np.abs(np.subtract(vars(found)[name], moments)).max() <= recipes.FRAME_MS + 1, name


class TestInputs:
    @pytest.mark.parametrize("name", ["plain.mp4", *recipes.FORMS])
    def test_give_one_timeline(self, tmp_path: Path, name: str) -> None:
        recipes.FORMS.get(name, recipes.store)(tmp_path / name)

        done = run_stages(tmp_path / name, tmp_path, _STAGES)

        earlier_ms = recipes.TRIMMED_MS if name == "trimmed.mp4" else 0
        assert_alike(timeline(done), expected(earlier_ms))
        frames: Frames = done[Frames].result
        assert (frames.width, frames.height) == clips.SIZE


class TestInterlaced:
    def test_shows_one_shot_or_the_other_where_a_cut_divides_the_fields(
        self, tmp_path: Path
    ) -> None:
        recipes.FORMS["interlaced.mp4"](tmp_path / "a.mp4")

        done = run_stages(tmp_path / "a.mp4", tmp_path, (Probe(), SampleFrames()))

        strip = np.load(done[Frames].directory / done[Frames].result.strip).astype(int)
        at = clips.cuts(recipes.SHOTS_MS)[0] // recipes.FRAME_MS
        old, mixed, new = strip[at - 1], strip[at], strip[at + 1]
        apart = sorted(np.abs(mixed - other).mean() for other in (old, new))
        assert apart[0] < apart[1] / 4


class TestLeadIn:
    @pytest.mark.parametrize("name", ["a.ts", "a.flv"])
    def test_of_sound_moves_no_picture(self, tmp_path: Path, name: str) -> None:
        recipes.store(tmp_path / name)

        done = run_stages(tmp_path / name, tmp_path, (Probe(), SampleFrames(), ExtractAudio()))

        times = np.load(done[Frames].directory / done[Frames].result.times)
        assert times[0] == 0
        tones = _tones(np.load(done[Audio].directory / done[Audio].result.file))
        assert np.allclose(list(tones), list(chain.from_iterable(recipes.TONES_MS)), atol=5)


class TestJoined:
    @pytest.mark.parametrize("name", ["a.mpg", "from-later.ts"])
    def test_goes_on_where_the_clock_is_set_anew(self, tmp_path: Path, name: str) -> None:
        recipes.joined(tmp_path / name)

        stages = (Probe(), SampleFrames(), DetectShots(), ExtractAudio())
        done = run_stages(tmp_path / name, tmp_path, stages)

        whole_ms = sum(recipes.SHOTS_MS)
        cuts = [0, *clips.cuts(recipes.SHOTS_MS), whole_ms]
        twice = [*cuts[:-1], *(whole_ms + at_ms for at_ms in cuts[:-1])]
        shots: Shots = done[Shots].result
        assert np.allclose([shot.start_ms for shot in shots.shots], twice, atol=recipes.FRAME_MS)
        media: Media = done[Media].result
        assert abs(media.duration_ms - 2 * whole_ms) <= 3 * recipes.FRAME_MS
        tones = list(chain.from_iterable(recipes.TONES_MS))
        heard = list(_tones(np.load(done[Audio].directory / done[Audio].result.file)))
        late = [whole_ms + at_ms for at_ms in tones]
        assert np.allclose(heard, [*tones, *late], atol=2 * recipes.FRAME_MS)
