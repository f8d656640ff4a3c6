"""Makes `sample.mp4` and its ground truth `sample.json`, the video that `make demo` analyses.

Run by a developer who wants to change the sample; users and tests use its committed output.

    apt-get install flite fonts-dejavu-core
    python -m venv /tmp/sample && /tmp/sample/bin/pip install -r docs/sample/requirements.txt
    /tmp/sample/bin/python docs/sample/make_sample.py

Sources and licences are listed in README.md beside this file.
"""

import json
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
PHOTOS = Path(skimage.data.__file__).parent
WIDTH, HEIGHT, FPS = 1280, 720, 25
FRAME_MS = 1000 // FPS
SPEECH_HZ = 16_000  # what flite's voices speak at
LEAD_MS, TAIL_MS = 400, 600  # silence in each shot before and after its sentence
FADE_MS = 320


@dataclass(frozen=True)
class Title:
    """One burnt-in line. `start_ms` and `end_ms` count from the start of its shot."""

    text: str
    start_ms: int
    end_ms: int
    x: int
    y: int
    size: int
    motion: str = "fade"
    """How it enters and leaves: "fade", "slide" (in from the left edge) or "cut"."""
    colour: tuple[int, int, int] = (255, 255, 255)
    outline: int = 3
    face: str = "DejaVuSans-Bold.ttf"


@dataclass(frozen=True)
class Scene:
    """One shot: a photograph, a slow camera move over it, a sentence and its titles."""

    photo: str
    sentence: str
    voice: str
    view_from: tuple[float, float, float]
    """Centre x, centre y and width of what the camera sees, in shares of the photograph."""
    view_to: tuple[float, float, float]
    titles: tuple[Title, ...] = ()
    things: tuple[str, ...] = ()
    """What it shows of COCO's 80 labels, all the time."""


SCENES = (
    Scene(
        "rocket.jpg",
        "A rocket waits on the launch pad in the evening.",
        "rms",
        (0.50, 0.55, 0.90),
        (0.52, 0.45, 0.70),
        (Title("From Earth to Orbit", 600, 3200, 330, 560, 60),),
    ),
    Scene(
        "astronaut.png",
        "This astronaut was the first woman who commanded a mission of the Space Shuttle.",
        "slt",
        (0.50, 0.35, 0.98),
        (0.50, 0.32, 0.80),
        (
            Title("Eileen Collins", 800, 3600, 80, 540, 52, "slide"),
            Title("NASA Astronaut", 800, 3600, 80, 610, 34, "slide", (255, 210, 80)),
        ),
        ("person",),
    ),
    Scene(
        "hubble_deep_field.jpg",
        "The Hubble telescope looked at one dark patch of sky, and found thousands of galaxies.",
        "rms",
        (0.40, 0.45, 0.70),
        (0.62, 0.58, 0.60),
        (Title("HUBBLE DEEP FIELD", 1000, 4400, 250, 80, 72, "fade", (120, 220, 255)),),
    ),
    Scene(
        "coffee.png",
        "Back on Earth, the morning begins with a cup of coffee.",
        "slt",
        (0.55, 0.50, 0.95),
        (0.45, 0.50, 0.80),
        (Title("Good morning", 400, 3000, 720, 90, 64, "fade", (255, 240, 200), 4),),
        ("cup", "spoon", "dining table"),
    ),
    Scene(
        "chelsea.png",
        "Chelsea the cat watches the window, and waits for breakfast.",
        "rms",
        (0.45, 0.50, 0.85),
        (0.55, 0.45, 0.98),
        (
            Title(
                "Photograph: Stefan van der Walt", 1200, 3800, 700, 660, 28, "cut",
                (255, 255, 255), 2, "DejaVuSans.ttf",
            ),
        ),
        ("cat",),
    ),
    Scene(
        "camera.png",
        "A man with a camera looks across the grass.",
        "slt",
        (0.50, 0.40, 0.98),
        (0.50, 0.45, 0.85),
        things=("person",),
    ),
    Scene(
        "retina.jpg",
        "And this picture shows the inside of a human eye.",
        "rms",
        (0.50, 0.50, 0.80),
        (0.50, 0.50, 0.55),
        (Title("Thank you for watching", 720, 3280, 250, 320, 60, "slide", (255, 255, 120)),),
    ),
)  # fmt: skip


def speak(scene: Scene) -> np.ndarray:
    """Return the sentence as (samples,) int16 mono at `SPEECH_HZ`, silence around it cut off."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(
            ["/usr/bin/flite", "-voice", scene.voice, "--setf", "duration_stretch=1.08",
             "-t", scene.sentence, "-o", file.name],
            check=True,
        )  # fmt: skip
        with wave.open(file.name) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 300)
    return samples[loud[0] : loud[-1] + 1]


def background(photo: Image.Image, scene: Scene, progress: float) -> Image.Image:
    """Return what the camera sees of the photograph at `progress` (0..1) through the shot."""
    x, y, share = (
        a + (b - a) * progress for a, b in zip(scene.view_from, scene.view_to, strict=True)
    )
    scale = share * photo.width / WIDTH
    scale = min(scale, photo.height / HEIGHT)  # a square photograph is cropped, never padded
    left = min(max(x * photo.width - scale * WIDTH / 2, 0), photo.width - scale * WIDTH)
    top = min(max(y * photo.height - scale * HEIGHT / 2, 0), photo.height - scale * HEIGHT)
    return photo.transform(
        (WIDTH, HEIGHT),
        Image.Transform.AFFINE,
        (scale, 0, left, 0, scale, top),
        Image.Resampling.BICUBIC,
    )


def draw(picture: Image.Image, title: Title, at_ms: int) -> Image.Image:
    """Draw the title as it stands `at_ms` into its shot."""
    if not title.start_ms <= at_ms < title.end_ms:
        return picture
    shown = min((at_ms - title.start_ms + FRAME_MS) / FADE_MS,
                (title.end_ms - at_ms) / FADE_MS, 1.0)  # fmt: skip
    font = ImageFont.truetype(title.face, title.size)
    x = title.x
    if title.motion == "slide":
        x -= round((1 - shown) ** 2 * (title.x + font.getlength(title.text)))
    layer = Image.new("RGBA", picture.size)
    ImageDraw.Draw(layer).text(
        (x, title.y), title.text, (*title.colour, 255), font,
        stroke_width=title.outline, stroke_fill=(0, 0, 0, 255),
    )  # fmt: skip
    if title.motion == "fade":
        layer.putalpha(layer.getchannel("A").point(lambda alpha: round(alpha * shown)))
    picture.paste(layer, mask=layer)
    return picture


def main() -> None:
    """Write `sample.mp4` and `sample.json` beside this file."""
    speech = [speak(scene) for scene in SCENES]
    lengths = [LEAD_MS + len(s) * 1000 // SPEECH_HZ + TAIL_MS for s in speech]
    lengths = [-(-ms // FRAME_MS) * FRAME_MS for ms in lengths]
    starts = [sum(lengths[:i]) for i in range(len(SCENES))]
    sound = np.zeros(sum(lengths) * SPEECH_HZ // 1000, np.int16)
    truth: dict[str, list[dict[str, object]]] = {"shots": [], "sentences": [], "titles": []}
    truth["objects"], truth["nudity"] = [], []

    for scene, start, length, samples in zip(SCENES, starts, lengths, speech, strict=True):
        first = (start + LEAD_MS) * SPEECH_HZ // 1000
        sound[first : first + len(samples)] = samples
        truth["shots"].append({"start_ms": start, "end_ms": start + length})
        truth["sentences"].append({
            "start_ms": start + LEAD_MS,
            "end_ms": start + LEAD_MS + len(samples) * 1000 // SPEECH_HZ,
            "text": scene.sentence,
        })  # fmt: skip
        truth["titles"] += [
            {"start_ms": start + t.start_ms, "end_ms": start + t.end_ms, "text": t.text}
            for t in scene.titles
        ]
        truth["objects"] += [
            {"start_ms": start, "end_ms": start + length, "label": label} for label in scene.things
        ]

    with av.open(str(HERE / "sample.mp4"), "w", options={"movflags": "+faststart"}) as output:
        video = output.add_stream("libx264", FPS, options={"crf": "26", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = output.add_stream("aac", 48_000, layout="mono")
        audio.bit_rate = 96_000
        for scene, start, length in zip(SCENES, starts, lengths, strict=True):
            photo = Image.open(PHOTOS / scene.photo).convert("RGB")
            for at_ms in range(0, length, FRAME_MS):
                picture = background(photo, scene, at_ms / length)
                for title in scene.titles:
                    picture = draw(picture, title, at_ms)
                frame = av.VideoFrame.from_image(picture)
                frame.pts, frame.time_base = (start + at_ms) // FRAME_MS, Fraction(1, FPS)
                output.mux(video.encode(frame))
        output.mux(video.encode(None))
        chunk = SPEECH_HZ // 10
        resampler = av.AudioResampler("fltp", "mono", 48_000)
        for first in range(0, len(sound), chunk):
            block = av.AudioFrame.from_ndarray(sound[None, first : first + chunk], "s16", "mono")
            block.sample_rate, block.pts = SPEECH_HZ, first
            block.time_base = Fraction(1, SPEECH_HZ)
            for part in resampler.resample(block):
                output.mux(audio.encode(part))
        output.mux(audio.encode(None))

    (HERE / "sample.json").write_text(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main()
