"""What the tests of speech share: sound to hear, and stages run over it."""

import re
from dataclasses import replace
from pathlib import Path

import jiwer
import numpy as np
import numpy.typing as npt

from pipeline.contract import Context, Limits, Upstream, VideoInfo
from pipeline.media.audio import extract
from pipeline.results import Audio, Speech, Transcript, dump, load
from pipeline.stages.detect_speech import DetectSpeech
from pipeline.stages.transcribe import Transcribe
from tests import clips

Samples = npt.NDArray[np.int16]
"""(n,), mono, 16 kHz."""


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9' ]", "", text.lower().replace("-", " ")).split())


def word_error_rate(truth: str, heard: str) -> float:
    return float(jiwer.wer(plain(truth), plain(heard)))


def spoken(transcript: Transcript) -> str:
    return " ".join(word.text for cue in transcript.cues for word in cue.words)


def decoded(source: Path, folder: Path, *, stream_index: int = 0) -> Samples:
    target = folder / "audio.npy"
    extract(
        source,
        target,
        stream_index=stream_index,
        start_ms=0,
        duration_ms=60_000,
        limits=Limits(),
        report=lambda _: None,
    )
    return np.array(np.load(target))


def sample_sound(folder: Path) -> Samples:
    """Return the bundled sample's sound."""
    import av

    with av.open(str(clips.SAMPLE)) as container:
        index = container.streams.audio[0].index
    return decoded(clips.SAMPLE, folder, stream_index=index)


def run(
    samples: Samples,
    folder: Path,
    models_dir: Path,
    *,
    stage: Transcribe | None = None,
    language: str | None = None,
    progress: list[float] | None = None,
) -> Transcript:
    ctx = listening(samples, folder, models_dir, language=language, progress=progress)
    transcript: Transcript = (stage or Transcribe()).run(ctx)
    return transcript


def listening(
    samples: Samples,
    folder: Path,
    models_dir: Path,
    *,
    detect: DetectSpeech | None = None,
    language: str | None = None,
    progress: list[float] | None = None,
) -> Context:
    """What transcribe is given once speech was detected."""
    np.save(folder / "audio.npy", samples)
    audio = Audio("audio.npy", len(samples) // 16, 0)
    upstream: dict[type, Upstream] = {Audio: Upstream(audio, folder)}
    reported: list[float] = [] if progress is None else progress
    video = VideoInfo(folder / "never-opened.mp4")
    ctx = Context(video, folder, models_dir, 2, upstream, reported.append)
    speech = replace(detect or DetectSpeech(), language=language).run(
        replace(ctx, report=lambda _: None)
    )
    dump(speech, folder)
    upstream[Speech] = Upstream(load(Speech, folder), folder)
    return ctx
