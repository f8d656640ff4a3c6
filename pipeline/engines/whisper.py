"""Speech to words: Whisper (MIT, OpenAI) by faster-whisper on CTranslate2."""

from collections.abc import Callable, Sequence
from ctypes import CDLL
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.contract import Device, Precision
from pipeline.engines.chunks import UNSPACED, Chunk, Raw
from pipeline.engines.loaded import loaded
from pipeline.engines.onnx import load_cuda, no_gpu
from pipeline.engines.telling import Odds, Telling
from pipeline.engines.vad import SAMPLE_RATE_HZ, Samples
from pipeline.errors import StageError
from pipeline.results import Utterance

_TEMPERATURES = (0.0, 0.2, 0.6, 1.0)
_FOREIGN_LOG_PROBABILITY = -0.4
"""A model of one language writes what it takes for another with a mean below this."""

_CUBLAS = "libcublas.so.12"
"""What the wheel of CTranslate2 computes with on a GPU, and does not bring."""

_FRAME = SAMPLE_RATE_HZ // 50
"""Samples that the encoder makes one vector of."""


@dataclass(frozen=True)
class Take:
    """What one chunk sounds like at first hearing."""

    utterance: Utterance
    told: tuple[Odds, ...]
    """Of each piece of the chunk how likely each language is; empty: the model knows one only."""
    leaves_out_speech: bool
    is_foreign: bool
    """Whether it was written as another language is: with its letters or its spaces."""


class Whisper:
    """A loaded model. Keep it: loading takes longer than a minute of speech."""

    def __init__(self, folder: Path, threads: int, device: Device, precision: Precision) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self._model: WhisperModel = WhisperModel(
            str(folder),
            device=device_name(device, precision),
            compute_type=precision,
            cpu_threads=threads,
            local_files_only=True,
        )
        self._telling = Telling(self._model.model)
        self._model.model = self._telling
        self._pipeline = BatchedInferencePipeline(self._model)

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages it knows, ISO 639-1 where there is one."""
        return frozenset(self._model.supported_languages)

    def detect_language(self, samples: Samples, chunks: Sequence[Chunk]) -> tuple[str, float]:
        """Return the language and its probability, from the first speech.

        30 s are enough if they are clear; else the next two windows are heard too.
        """
        sound = np.concatenate([chunk.sound(samples) for chunk in chunks[:3]])
        language, probability, _ = self._model.detect_language(
            audio=sound, language_detection_segments=3
        )
        return language, round(float(probability), 4)

    def hear(
        self,
        samples: Samples,
        chunks: Sequence[Chunk],
        *,
        language: str,
        may_differ: bool = False,
        hotwords: str | None = None,
        beam_size: int = 5,
        report: Callable[[float], None] = lambda _: None,
    ) -> list[Take]:
        """Return what is said in each chunk, with times in ms of `samples`, (n,) int16, 16 kHz.

        All are heard as one batch; `report` is told how much of that is done, 0..1. Where the
        language `may_differ`, each is heard in its own, which costs a fiftieth more. `hotwords` are
        names and terms to expect; of 220 tokens the first.
        """
        sounds = [chunk.sound(samples) for chunk in chunks]
        ends = list(accumulate(sound.size for sound in sounds))
        starts = [0, *ends[:-1]]
        polyglot = may_differ and len(self.languages) > 1
        self._telling.begin(report, [_frames(chunk) for chunk in chunks])
        segments, _ = self._pipeline.transcribe(
            np.concatenate(sounds),
            language=language,
            multilingual=polyglot,
            hotwords=hotwords,
            beam_size=beam_size,
            batch_size=len(chunks),
            word_timestamps=True,
            # The pipeline cuts seconds down to samples: half a sample more makes that exact.
            clip_timestamps=[
                {"start": (start + 0.5) / SAMPLE_RATE_HZ, "end": (end + 0.5) / SAMPLE_RATE_HZ}
                for start, end in zip(starts, ends, strict=True)
            ],
        )
        # Without timestamp tokens the pipeline gives one segment for each clip, in order.
        heard = list(segments)
        told = self._telling.end()
        if not polyglot:
            told = [(language, ())] * len(chunks)
        return [
            self._take(chunk, segment, start / SAMPLE_RATE_HZ, language, *of_chunk)
            for chunk, segment, start, of_chunk in zip(chunks, heard, starts, told, strict=True)
        ]

    def _take(
        self,
        chunk: Chunk,
        segment: Any,
        start_s: float,
        main: str,
        language: str,
        told: tuple[Odds, ...],
    ) -> Take:
        raw = _raw(segment, start_s)
        return Take(
            chunk.utterance(segment, raw, language),
            told,
            chunk.leaves_out_speech(raw),
            # The pipeline splits all words as those of the main language are.
            is_foreign=len({main in UNSPACED, language in UNSPACED}) > 1
            or (len(self.languages) == 1 and segment.avg_logprob < _FOREIGN_LOG_PROBABILITY),
        )

    def tell(self, samples: Samples, chunk: Chunk) -> tuple[Odds, ...]:
        """Return for each piece of a chunk how likely each language is."""
        from faster_whisper.audio import pad_or_trim

        features = self._model.feature_extractor(chunk.sound(samples))[..., :-1]
        self._telling.begin(lambda _: None, [_frames(chunk)])
        self._telling.detect_language(self._model.encode(pad_or_trim(features)))
        ((_, told),) = self._telling.end()
        return told

    def hear_again(
        self, samples: Samples, chunk: Chunk, *, language: str, hotwords: str | None = None
    ) -> list[Utterance]:
        """Transcribe one chunk by the engine's sequential way, at rising temperatures.

        That goes on where the batched way stops early, and breaks most loops of repetition. What
        it takes for silence it leaves out.
        """
        import ctranslate2

        ctranslate2.set_random_seed(0)
        segments, _ = self._model.transcribe(
            chunk.sound(samples),
            language=language,
            hotwords=hotwords,
            temperature=_TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        return [chunk.utterance(segment, _raw(segment, 0), language) for segment in segments]


def load(
    folder: Path, threads: int, *, device: Device = "cpu", precision: Precision = "int8"
) -> Whisper:
    """Return the model in `folder` (CTranslate2 format).

    Raises `StageError` (`device_unavailable`) where there is no such device, or it does not
    compute in that precision; `MemoryError`.
    """
    return loaded(Whisper, folder, threads, device, precision)


def device_name(wanted: Device, precision: Precision) -> str:
    """Return the device by CTranslate2's name for it. Raises as `load` does."""
    import ctranslate2

    lacks = "" if wanted == "cpu" else _lacks()
    if wanted == "cuda" and lacks:
        raise no_gpu(lacks)
    device = "cpu" if wanted == "cpu" or lacks else "cuda"
    known = ctranslate2.get_supported_compute_types(device)
    if precision not in known:
        message = (
            f"{device} computes speech in {', '.join(sorted(known))}, and not in {precision}: "
            "set another precision in PIPELINE_PARAMETERS, then retry the video."
        )
        raise StageError("device_unavailable", message)
    return device


def _lacks() -> str:
    """Return what CTranslate2 lacks to compute on a GPU; empty where it lacks nothing."""
    import ctranslate2

    if not ctranslate2.get_cuda_device_count():
        return "CTranslate2 finds no GPU"
    load_cuda()
    try:
        CDLL(_CUBLAS)  # it looks for it in the middle of the first speech
    except OSError:
        return f"CTranslate2 finds no {_CUBLAS}"
    return ""


def _frames(chunk: Chunk) -> list[tuple[int, int]]:
    """Return where in the encoded sound of a chunk its pieces lie."""
    ends = list(accumulate(piece.size for piece in chunk.pieces()))
    return [(a // _FRAME, b // _FRAME) for a, b in zip([0, *ends], ends, strict=False)]


def _raw(segment: Any, start_s: float) -> list[Raw]:
    return [(w.start - start_s, w.end - start_s, w.word, w.probability) for w in segment.words]
