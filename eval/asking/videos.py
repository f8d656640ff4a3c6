"""The videos that are asked about, given as what was heard and read in them, and the questions."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from eval.running import Lab, empty_database
from pipeline.results import (
    Calls,
    Coverage,
    Cue,
    Media,
    ScreenText,
    TextSpan,
    Transcript,
    Vectors,
)
from tests import talk

if TYPE_CHECKING:
    from videos.models import Video

_HERE = Path(__file__).parent
_SAMPLE = _HERE.parents[1] / "docs" / "sample" / "sample.json"
_JUDGED: dict[str, Any] = tomllib.loads((_HERE / "questions.toml").read_text())
_STEP_MS, _SAID_MS = 5000, 4000
_SHOWN_FROM_MS = 1000
"""Each text on screen stands apart from the others, beside what is said."""


@dataclass(frozen=True)
class Question:
    video: str
    text: str
    lines: Sequence[str] = ()
    """Of which one at least must be cited; none: nothing answers it."""


@dataclass(frozen=True)
class Told:
    """What a video says and shows: names of lines, and the lines."""

    said: Mapping[str, str]
    shown: Mapping[str, str] = field(default_factory=dict)


def told() -> dict[str, Told]:
    """Return the videos by name."""
    talks = talk.TOPICS["en"]
    sample = json.loads(_SAMPLE.read_text())["sentences"]
    harbour = _JUDGED["harbour"]
    return {
        "talks": Told(
            {f"{t}.{n}": text for t in talks for n, text in enumerate(talks[t]["sentences"])}
        ),
        "sample": Told({f"sample.{n}": one["text"] for n, one in enumerate(sample)}),
        "harbour": Told(
            {f"said.{n}": text for n, text in enumerate(harbour["said"])},
            {f"shown.{n}": text for n, text in enumerate(harbour["shown"])},
        ),
        "hostile": Told(
            {
                f"said.{n}": text
                for n, text in enumerate(harbour["said"] + _JUDGED["hostile"]["said"])
            },
            {f"shown.{n}": text for n, text in enumerate(_JUDGED["hostile"]["shown"])},
        ),
    }


def questions(name: str) -> list[Question]:
    """Return the questions of a set, those with an answer first."""
    videos = told()
    has = {
        line: video for video in ("talks", "sample", "harbour") for line in _lines(videos[video])
    }
    answered = [
        Question(has[lines[0]], text, lines) for text, lines in _JUDGED[name]["answered"].items()
    ]
    unanswered = [
        Question(video, text)
        for video, some in _JUDGED[name]["unanswered"].items()
        for text in some
    ]
    return answered + unanswered


def hostile() -> list[tuple[Question, str]]:
    """Return questions about the video that wants to be obeyed, and what it wants said."""
    return [
        (Question("hostile", text), wanted) for text, wanted in _JUDGED["hostile"]["asked"].items()
    ]


def texts_of(question: Question) -> list[str]:
    """Return the lines that answer a question."""
    lines = _lines(told()[question.video])
    return [lines[name] for name in question.lines]


def _lines(video: Told) -> dict[str, str]:
    return {**video.said, **video.shown}


@contextmanager
def stored() -> "Iterator[dict[str, Video]]":
    """Have a database of its own with the videos, as an analysis leaves them."""
    with empty_database(), TemporaryDirectory(prefix="videointel-asking-") as folder:
        lab = Lab(Path(folder))
        yield {name: _stored(video, Path(folder) / name, lab) for name, video in told().items()}


def _stored(video: Told, path: Path, lab: Lab) -> "Video":
    from pipeline.writers import write
    from tests import factories

    cues = tuple(
        Cue(n * _STEP_MS, n * _STEP_MS + _SAID_MS, text, 0.9, ())
        for n, text in enumerate(video.said.values())
    )
    spans = tuple(
        TextSpan(
            *(n * _STEP_MS + _SHOWN_FROM_MS, (n + 1) * _STEP_MS, text, 0.9, (0.1, 0.1, 0.5, 0.1))
        )
        for n, text in enumerate(video.shown.values())
    )
    end_ms = len(cues) * _STEP_MS
    given = {
        Media: Media(end_ms, "mov", 0, 0, None, ()),
        Transcript: Transcript("en", 1.0, cues, "given"),
        ScreenText: ScreenText(spans, (), Calls(0, 0, 0, 0), Coverage(1, end_ms), "given"),
    }
    lab.give(path, given)
    done = lab.run(path, "embed_passages")
    run = factories.make_run(factories.make_video(title=path.name))
    for stage, kind in (
        ("transcribe", Transcript),
        ("read_text", ScreenText),
        ("embed_passages", Vectors),
    ):
        write(factories.make_stage_run(run, stage), done[kind].result)
    return run.video
