"""Screen text with the real engine, on the bundled sample and on titles drawn here."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import catalogue
from pipeline.errors import ModelMissing, StageError
from pipeline.results import Frames, Media, ScreenText, Shot, Shots, TextSpan
from pipeline.stages.probe import Probe
from pipeline.stages.read_text import ReadText
from pipeline.stages.sample_frames import SampleFrames
from tests import clips
from tests.own_models import own_model
from tests.pipeline.running import sampled

SIZE = (960, 540)
TOLERANCE_MS = 300

Draw = Callable[[ImageDraw.ImageDraw, int], None]


def context(source: Path, workdir: Path, upstream: dict[type, Upstream]) -> Context:
    workdir.mkdir(parents=True, exist_ok=True)
    return Context(VideoInfo(source), workdir, workdir / "models", 2, upstream, lambda _: None)


def read(source: Path, folder: Path, cuts: list[int] | None = None) -> ScreenText:
    """Run the stages up to `read_text`; with shots where `cuts` are given."""
    media = Probe().run(context(source, folder / "probe", {}))
    upstream: dict[type, Upstream] = {Media: Upstream(media, folder / "probe")}
    frames = SampleFrames().run(context(source, folder / "frames", upstream))
    upstream[Frames] = Upstream(frames, folder / "frames")
    if cuts is not None:
        starts = [0, *cuts]
        ends = [*cuts, frames.end_ms]
        shots = [
            Shot(i, start, end, start, "", None)
            for i, (start, end) in enumerate(zip(starts, ends, strict=True))
        ]
        upstream[Shots] = Upstream(Shots(tuple(shots), frames.coverage), folder)
    return ReadText().run(context(source, folder / "texts", upstream))


def drawn(lengths_ms: tuple[int, ...], draw: Draw, moving: bool = True) -> Iterator[clips.Picture]:
    """Draw on a scene for each length, which pans if `moving`."""
    at_ms = 0
    for seed, length_ms in enumerate(lengths_ms):
        for step in range(length_ms // 40):
            scene = clips.scene(seed + 3, step if moving else 0, SIZE)
            picture = Image.fromarray(scene)
            draw(ImageDraw.Draw(picture, "RGBA"), at_ms)
            yield np.array(picture)
            at_ms += 40


def title(
    draw: ImageDraw.ImageDraw, text: str, x: int, y: int, size: int, alpha: float = 1.0
) -> None:
    draw.text(
        (x, y),
        text,
        fill=(255, 255, 255, round(alpha * 255)),
        font=ImageFont.load_default(size),
        stroke_width=3,
        stroke_fill=(0, 0, 0, round(alpha * 255)),
    )


def find(texts: ScreenText, text: str) -> TextSpan:
    """Return the one span with this text."""
    spans = [span for span in texts.spans if span.text == text]
    assert len(spans) == 1, [span.text for span in texts.spans]
    return spans[0]


def near(span: TextSpan, start_ms: int, end_ms: int) -> bool:
    return (
        abs(span.start_ms - start_ms) <= TOLERANCE_MS and abs(span.end_ms - end_ms) <= TOLERANCE_MS
    )


class TestSample:
    def test_finds_every_title_with_its_span(self, tmp_path: Path) -> None:
        truth = json.loads(clips.SAMPLE.with_suffix(".json").read_text())
        cuts = [shot["start_ms"] for shot in truth["shots"][1:]]

        texts = read(clips.SAMPLE, tmp_path, cuts)

        assert [span.text for span in texts.spans] == [t["text"] for t in truth["titles"]]
        for span, expected in zip(texts.spans, truth["titles"], strict=True):
            assert near(span, expected["start_ms"], expected["end_ms"]), (span, expected)
        assert texts.calls.searches <= 34 / 4
        assert texts.calls.lines <= 34 / 2


class TestDrawn:
    def test_follows_titles_that_fade_slide_and_stay_over_a_cut(self, tmp_path: Path) -> None:
        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            title(on, "HARBOUR NEWS", 640, 20, 36)
            if 1000 <= at_ms < 3400:
                title(on, "Northern Harbour", 100, 240, 60, min((at_ms - 960) / 400, 1))
            if 5000 <= at_ms < 7600:
                title(on, "Sarah Connor", 60 - max(5320 - at_ms, 0) * 2, 440, 44)

        clips.write(tmp_path / "clip.mp4", drawn((4000, 4400), draw))

        texts = read(tmp_path / "clip.mp4", tmp_path, [4000])

        assert near(find(texts, "HARBOUR NEWS"), 0, 8400)
        assert near(find(texts, "Northern Harbour"), 1000, 3400)
        assert near(find(texts, "Sarah Connor"), 5000, 7600)
        x, y, width, height = find(texts, "Northern Harbour").box
        assert x < 110 / 960
        assert x + width > 500 / 960
        assert y < 270 / 540 < y + height

    def test_begins_a_title_no_later_than_it_is_seen_at_a_cut(self, tmp_path: Path) -> None:
        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            if 3800 <= at_ms < 6000:
                title(on, "Second stop", 300, 240, 60)

        clips.write(tmp_path / "clip.mp4", drawn((4000, 3000), draw))

        texts = read(tmp_path / "clip.mp4", tmp_path, [4000])

        assert find(texts, "Second stop").start_ms <= 4000

    def test_tells_subtitles_at_one_place_apart_without_shots(self, tmp_path: Path) -> None:
        lines = ["Where have you been?", "I missed the last train.", "Then sit down and eat."]

        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            title(on, lines[at_ms // 2000], 200, 460, 36)

        clips.write(tmp_path / "clip.mp4", drawn((6000,), draw))

        texts = read(tmp_path / "clip.mp4", tmp_path)

        for number, line in enumerate(lines):
            assert near(find(texts, line), number * 2000, number * 2000 + 2000)

    def test_reads_a_still_picture_once(self, tmp_path: Path) -> None:
        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            title(on, "Quarterly results", 200, 200, 54)

        clips.write(tmp_path / "clip.mp4", drawn((12_000,), draw, moving=False))

        texts = read(tmp_path / "clip.mp4", tmp_path)

        assert near(find(texts, "Quarterly results"), 0, 12_000)
        assert texts.calls.searches == texts.calls.lines == 1

    def test_reads_each_line_that_rolls_up_once(self, tmp_path: Path) -> None:
        lines = ["Written by Ada", "Camera: Jonas", "Sound: Lucia", "Edited by Peter"]

        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            for number, line in enumerate(lines):
                title(on, line, 300, 540 + 90 * number - at_ms // 40 * 6, 36)

        clips.write(tmp_path / "clip.mp4", drawn((6000,), draw))

        texts = read(tmp_path / "clip.mp4", tmp_path)

        assert [span.text for span in texts.spans] == lines
        for number, line in enumerate(lines):
            assert near(find(texts, line), number * 600, number * 600 + 3900)
        assert texts.calls.searches == 1

    def test_tells_each_of_two_tickers_once(self, tmp_path: Path) -> None:
        left = "Ferry services resume on Monday after the storm of the weekend"
        right = "Markets close higher as the cost of shipping falls once more"

        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            title(on, "LIVE", 20, 20, 36)
            title(on, right, -1020 + at_ms // 40 * 9, 160, 36)
            title(on, left, 960 - at_ms // 40 * 12, 480, 36)

        clips.write(tmp_path / "clip.mp4", drawn((4000, 4000), draw))

        texts = read(tmp_path / "clip.mp4", tmp_path)

        assert {span.text for span in texts.spans} == {"LIVE", left, right}
        assert near(find(texts, left), 0, 6720)
        assert near(find(texts, right), 0, 8000)

    def test_follows_the_lines_of_a_page_that_jumps(self, tmp_path: Path) -> None:
        lines = ["Ships leave at noon", "Ropes are coiled", "Gates stay shut", "Mind the lamps"]

        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            for number, line in enumerate(lines):
                title(on, line, 200, 40 + 120 * number - at_ms // 1500 * 120, 40)

        clips.write(tmp_path / "clip.mp4", drawn((4480,), draw, moving=False))

        texts = read(tmp_path / "clip.mp4", tmp_path)

        assert near(find(texts, lines[0]), 0, 1500)
        assert near(find(texts, lines[1]), 0, 3000)
        assert near(find(texts, lines[2]), 0, 4480)
        assert near(find(texts, lines[3]), 0, 4480)

    def test_finds_nothing_where_nothing_is_written(self, tmp_path: Path) -> None:
        clips.write(tmp_path / "clip.mp4", clips.shots())

        texts = read(tmp_path / "clip.mp4", tmp_path, clips.cuts())

        assert texts.spans == ()


class TestRecogniser:
    def test_reads_lines_in_place_of_the_usual_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def draw(on: ImageDraw.ImageDraw, at_ms: int) -> None:
            title(on, "Quarterly results", 200, 200, 54)

        clips.write(tmp_path / "clip.mp4", drawn((2000,), draw, moving=False))
        usual = catalogue.locate("ppocr-v6-small", tmp_path) / "PP-OCRv6_rec_small.onnx"
        (tmp_path / "list.toml").write_text(own_model(usual))
        monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))
        catalogue.add(tmp_path / "list.toml")
        upstream = sampled(tmp_path / "clip.mp4", tmp_path)

        ctx = context(tmp_path / "clip.mp4", tmp_path / "texts", upstream)
        (ctx.models_dir / "mine").mkdir(parents=True)
        shutil.copy(usual, ctx.models_dir / "mine")

        texts = ReadText(recogniser="mine").run(ctx)

        assert find(texts, "Quarterly results")
        assert texts.model == "mine"

    @pytest.mark.parametrize("source", ["rubbish", "a graph without letters"])
    def test_that_reads_no_lines_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
    ) -> None:
        clips.hard_cuts(tmp_path / "clip.mp4")
        folder = tmp_path / "models" / "mine"
        folder.mkdir(parents=True)
        direction = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
        content = (catalogue.locate("ppocr-v6-small", tmp_path) / direction).read_bytes()
        (folder / "a.onnx").write_bytes(b"a" * 99 if source == "rubbish" else content)
        (tmp_path / "list.toml").write_text(own_model(folder / "a.onnx"))
        monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))
        catalogue.add(tmp_path / "list.toml")
        upstream = sampled(tmp_path / "clip.mp4", tmp_path)
        ctx = replace(
            context(tmp_path / "clip.mp4", tmp_path / "texts", upstream),
            models_dir=tmp_path / "models",
        )

        with pytest.raises(StageError, match="reads no lines") as failed:
            ReadText(recogniser="mine").run(ctx)

        assert failed.value.code == "unfit_model"


class TestWeights:
    def test_is_skipped_without_them(self, tmp_path: Path, monkeypatch: Any) -> None:
        def missing(name: str, models_dir: Path) -> Path:
            raise ModelMissing(name, f"The weights of {name} are not installed.", "pull")

        monkeypatch.setattr(catalogue, "locate", missing)

        with pytest.raises(ModelMissing):
            ReadText().run(context(clips.SAMPLE, tmp_path, {}))
