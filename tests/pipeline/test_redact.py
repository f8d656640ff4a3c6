"""Copies in which nobody is recognised, checked with the detector that others would use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from pipeline import results
from pipeline.contract import Context, Limits, VideoInfo
from pipeline.engines import catalogue, centerface
from pipeline.media.hide import BEEP_HZ, MARGIN_MS
from pipeline.media.redact import find_trails
from pipeline.media.trails import Hiding
from pipeline.messages import Ended, Reply, Request, kind_of
from pipeline.results import Box, Media, Redacted
from pipeline.stages.probe import Probe
from pipeline.stages.redact import Redact
from pipeline.supervisor import Allowance, Children
from tests import clips, portraits
from tests.clips import Picture
from tests.fuzz.containers import encode
from tests.pipeline.running import run_stages

FACE = 0.4
"""From this confidence on a face counts as shown."""
INAUDIBLE = 0.001
"""-60 dB of full scale."""


def redacted(
    source: Path, folder: Path, stage: Redact, told: list[float] | None = None
) -> tuple[Path, Media]:
    """Return the copy and what a probe says of it."""
    upstream = run_stages(source, folder, (Probe(),))
    report = (lambda _: None) if told is None else told.append
    made = stage.run(Context(VideoInfo(source), folder, folder, 1, upstream, report))
    recheck = folder / "copy"
    recheck.mkdir()
    copy = folder / made.file
    return copy, run_stages(copy, recheck, (Probe(),))[Media].result


def faces(path: Path) -> list[bool]:
    """Tell for each picture whether it shows a face."""
    detector = centerface.load(catalogue.locate(centerface.MODEL, path.parent), 1)
    with av.open(path) as container:
        return [
            bool(detector.find(bgr(frame), side=320, min_confidence=FACE))
            for frame in container.decode(video=0)
        ]


def sound(path: Path) -> npt.NDArray[np.float32]:
    """Return the left channel, `(n,)` -1..1, at 48 kHz."""
    with av.open(path) as container:
        channels = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(channels).astype(np.float32)


def levels(path: Path) -> npt.NDArray[np.float32]:
    """Return the loudest sample of every 10 ms, 0..1."""
    samples = np.abs(sound(path))
    loudest: npt.NDArray[np.float32] = samples[: len(samples) // 480 * 480].reshape(-1, 480).max(1)
    return loudest


def loudest_hz(path: Path, start_s: float, end_s: float) -> float:
    heard = sound(path)[int(start_s * 48_000) : int(end_s * 48_000)]
    return float(np.argmax(np.abs(np.fft.rfft(heard))) / (end_s - start_s))


def bgr(frame: av.VideoFrame) -> Picture:
    return frame.to_ndarray(format="bgr24").astype(np.uint8)


def grey(frame: av.VideoFrame) -> npt.NDArray[np.int64]:
    return frame.to_ndarray(format="gray").astype(np.int64)


def hiding_of_squares(path: Path, boxes: Sequence[Box | None], rate: int) -> Hiding:
    """Draw each picture's box in white on black, 640 by 120, and return where a copy would hide."""
    pictures = [np.zeros((120, 640, 3), np.uint8) for _ in boxes]
    for picture, box in zip(pictures, boxes, strict=True):
        if box:
            x, y, w, h = np.multiply(box, (640, 120, 640, 120)).round().astype(int)
            picture[y : y + h, x : x + w] = 255
    clips.write(path, pictures, rate=rate)

    def bright(picture: Picture) -> list[Box]:
        columns = np.flatnonzero(picture[50, :, 0] > 128)
        return [(columns[0] / 640, 1 / 3, len(columns) / 640, 1 / 5)] if len(columns) else []

    trails = find_trails(
        path,
        media=run_stages(path, path.parent, (Probe(),))[Media].result,
        find=bright,
        side=640,
        every_ms=100,
        threads=1,
        limits=Limits(),
        report=lambda _: None,
    )
    return Hiding(trails)


@dataclass(frozen=True)
class Copied:
    original: Path
    copy: Path
    media: Media
    told: list[float]
    scene: int
    """Pictures of the first scene, and of the last."""


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A face crosses, is covered for a quarter of a second, and leaves, over a tone."""
    folder = tmp_path_factory.mktemp("crossed")
    source = folder / "clip.mp4"
    scene = portraits.crossing(source, hidden=range(20, 26), tone_s=3.4)
    told: list[float] = []
    stage = Redact(mute_ms=((2000, 2200), (500, 1000)), detect_side=320)
    copy, media = redacted(source, folder, stage, told)
    return Copied(source, copy, media, told, scene)


class TestRedact:
    def test_shows_no_face_that_crosses_is_covered_and_leaves(self, crossed: Copied) -> None:
        assert sum(faces(crossed.original)) > 25
        assert not any(faces(crossed.copy))

    def test_follows_a_face_that_moves_twice_its_size_from_look_to_look(
        self, tmp_path: Path
    ) -> None:
        """At 50 pictures a second none of those between two looks shows it where it was."""
        boxes: list[Box | None] = [((n * 10) / 640, 1 / 3, 24 / 640, 1 / 5) for n in range(60)]

        hiding = hiding_of_squares(tmp_path / "fast.mp4", boxes, rate=50)

        for number in range(len(boxes)):
            middle = (number * 10 + 12) / 640
            assert any(x <= middle <= x + w for x, _, w, _ in hiding.at(number * 20)), number

    def test_finds_a_face_that_shows_for_three_pictures_of_sixty_a_second(
        self, tmp_path: Path
    ) -> None:
        """Whenever it comes: no three pictures are left without a search."""
        square = 0.5, 1 / 3, 24 / 640, 1 / 5
        shown = [range(start, start + 3) for start in range(7, 600, 73)]
        boxes = [square if any(n in span for span in shown) else None for n in range(600)]

        hiding = hiding_of_squares(tmp_path / "brief.mp4", boxes, rate=60)

        hidden = [bool(hiding.at(number * 1000 // 60)) for number in range(600)]
        assert [span.start for span in shown if not all(hidden[n] for n in span)] == []

    def test_leaves_other_pictures_as_they_are_and_when_they_are(self, crossed: Copied) -> None:
        scene = crossed.scene

        with av.open(crossed.original) as before, av.open(crossed.copy) as after:
            pairs = list(zip(before.decode(video=0), after.decode(video=0), strict=True))

        changes = [np.abs(np.subtract(*map(grey, pair))).max() for pair in pairs]
        assert max(*changes[:scene], *changes[-scene:]) < 60 < max(changes)
        assert [one.time for one, _ in pairs] == pytest.approx([two.time for _, two in pairs])

    def test_mutes_to_the_hundredth_of_a_second(self, crossed: Copied) -> None:
        heard = levels(crossed.copy)

        assert (heard[50:100] < INAUDIBLE).all()
        assert (heard[200:220] < INAUDIBLE).all()
        margin = MARGIN_MS // 10 + 1
        for audible in (heard[5 : 50 - margin], heard[100 + margin : 200 - margin]):
            assert (audible > 0.2).all()

    def test_progress_covers_both_passes(self, crossed: Copied) -> None:
        assert crossed.told == sorted(crossed.told)
        assert crossed.told[-1] > 0.98
        assert sum(done < 0.5 for done in crossed.told) > 20

    def test_keeps_size_and_plays_anywhere(self, crossed: Copied) -> None:
        video = crossed.media.video

        assert video
        assert (video.codec, video.pixel_format) == ("h264", "yuv420p")
        assert (video.width, video.height) == portraits.SIZE
        assert [sound.codec for sound in crossed.media.audio] == ["aac"]
        data = crossed.copy.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")

    def test_beeps_over_what_is_muted(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "clip.mp4")

        copy, _ = redacted(
            tmp_path / "clip.mp4", tmp_path, Redact(faces=False, mute_ms=((1000, 2000),), beep=True)
        )

        assert abs(loudest_hz(copy, 1.0, 2.0) - BEEP_HZ) < 5
        assert abs(loudest_hz(copy, 2.2, 3.2) - 440) < 5

    def test_sound_alone_is_muted_too(self, tmp_path: Path) -> None:
        clips.sound_only(tmp_path / "a.wav")

        copy, media = redacted(tmp_path / "a.wav", tmp_path, Redact(mute_ms=((200, 400),)))

        assert copy.suffix == ".m4a"
        assert media.video is None
        heard = levels(copy)
        assert (heard[20:40] < INAUDIBLE).all()
        assert (heard[50:90] > 0.2).all()

    def test_a_silent_video_with_neither_stays_valid(self, tmp_path: Path) -> None:
        clips.no_sound(tmp_path / "clip.mp4")

        _, media = redacted(tmp_path / "clip.mp4", tmp_path, Redact(mute_ms=((0, 500),)))

        assert media.video
        assert media.audio == ()
        assert abs(media.duration_ms - 2000) < 50

    def test_keeps_uneven_times(self, tmp_path: Path) -> None:
        times = clips.variable_rate(tmp_path / "clip.mkv")

        copy, _ = redacted(tmp_path / "clip.mkv", tmp_path, Redact(faces=False))

        with av.open(copy) as container:
            shown = [round(frame.time * 1000) for frame in container.decode(video=0)]
        assert shown == pytest.approx(times, abs=1)

    def test_what_tells_of_the_original_is_left_behind(self, tmp_path: Path) -> None:
        source = tmp_path / "clip.mkv"
        clips.telling(source)

        copy, _ = redacted(source, tmp_path, Redact(faces=False))

        assert clips.TELLING.encode() in source.read_bytes()
        assert clips.TELLING.encode() not in copy.read_bytes()
        with av.open(copy) as container:
            assert [stream.type for stream in container.streams] == ["video", "audio"]
            assert container.chapters() == []

    def test_a_picture_wider_than_h264_takes_is_shrunk(self, tmp_path: Path) -> None:
        source = tmp_path / "wide.mkv"
        source.write_bytes(encode("matroska", picture="rawvideo", size=(20_000, 16), stamps=[0]))

        _, media = redacted(source, tmp_path, Redact(faces=False))

        assert media.video
        assert (media.video.width, media.video.height) == (16_384, 12)

    def test_runs_confined_as_the_worker_runs_it(self, tmp_path: Path) -> None:
        """It opens what a stranger sent and loads weights: in a fork, with limits on all it takes."""
        source = tmp_path / "clip.mp4"
        clips.no_sound(source)
        upstream = run_stages(source, tmp_path, (Probe(),))
        workdir = tmp_path / "attempt"
        workdir.mkdir()
        children = Children()

        child = children.get(kind_of(Redact()), Allowance(1536, 64, (tmp_path / "elsewhere",)))
        child.send(
            Request(
                stage="pipeline.stages.redact.Redact",
                parameters={"detect_side": 160},
                source=str(source),
                source_url="",
                workdir=str(workdir),
                partial="",
                models_dir=str(tmp_path / "models"),
                threads=1,
                limits=Limits(),
                cpu_s=60,
                upstream={"Media": str(upstream[Media].directory)},
            )
        )
        replies: list[Reply] = []
        while not replies or not isinstance(replies[-1], Ended):
            replies += child.replies(timeout_s=60)
        children.discard_all()

        assert replies[-1] == Ended("succeeded", of=str(workdir))
        assert (workdir / results.load(Redacted, workdir).file).is_file()
