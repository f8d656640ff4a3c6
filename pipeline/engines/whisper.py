"""Speech to words: Whisper (MIT, OpenAI) by faster-whisper on CTranslate2."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.contract import Device, Precision
from pipeline.engines.chunks import UNSPACED, Chunk, Raw
from pipeline.engines.loaded import loaded
from pipeline.engines.onnx import no_gpu
from pipeline.engines.vad import SAMPLE_RATE_HZ, Samples
from pipeline.errors import StageError
from pipeline.results import Utterance

_TEMPERATURES = (0.0, 0.2, 0.6, 1.0)
_FOREIGN_LOG_PROBABILITY = -0.4
"""A model of one language writes what it takes for another with a mean below this."""

# How much of the work is done once sound is encoded, and once the text is written; what is left
# are the words' times.
_ENCODING, _WRITTEN = 0.45, 0.9
_LOOK_S = 0.02


@dataclass(frozen=True)
class Take:
    """What one chunk sounds like at first hearing."""

    utterance: Utterance
    certainty: float
    """How sure the model is that this is the language, 0..1."""
    leaves_out_speech: bool


class Whisper:
    """A loaded model. Keep it: loading takes longer than a minute of speech."""

    def __init__(self, folder: Path, threads: int, device: Device, precision: Precision) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self._model: WhisperModel = WhisperModel(
            str(folder),
            device=_device(device, precision),
            compute_type=precision,
            cpu_threads=threads,
            local_files_only=True,
        )
        self._telling = _Telling(self._model.model)
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
        self._telling.begin(report)
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
            told = [(language, 1.0)] * len(chunks)
        return [
            self._take(chunk, segment, start / SAMPLE_RATE_HZ, language, *of_chunk)
            for chunk, segment, start, of_chunk in zip(chunks, heard, starts, told, strict=True)
        ]

    def _take(
        self, chunk: Chunk, segment: Any, start_s: float, main: str, language: str, certainty: float
    ) -> Take:
        raw = _raw(segment, start_s)
        if len({main in UNSPACED, language in UNSPACED}) > 1:
            certainty = 0.0  # its words were split as those of the main language are
        if len(self.languages) == 1 and segment.avg_logprob < _FOREIGN_LOG_PROBABILITY:
            certainty = 0.0
        return Take(
            chunk.utterance(segment, raw, language), certainty, chunk.leaves_out_speech(raw)
        )

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


class _Telling:
    """CTranslate2's model, which tells what the batched pipeline keeps to itself.

    That is the language of each clip, which it detects from what is encoded anyway, and how far
    it is.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.begin(lambda _: None)

    def begin(self, report: Callable[[float], None]) -> None:
        """Tell of a new batch."""
        self._told: list[tuple[str, float]] = []
        self._report = report
        self._encoding_s = 0.0

    def end(self) -> list[tuple[str, float]]:
        """Return the language of each clip, and how sure that is; tell no more progress."""
        told = self._told
        self.begin(lambda _: None)
        return told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, features: Any, **options: Any) -> Any:
        """Encode clip by clip: the numbers are the same, the time is not longer.

        A GPU is done with all of them at once, sooner than anybody looks.
        """
        from ctranslate2 import StorageView

        if self._model.device != "cpu":
            return self._model.encode(features, **options)
        began = time.monotonic()
        clips = np.asarray(features)
        encoded = []
        for done, clip in enumerate(clips, start=1):
            one = self._model.encode(StorageView.from_array(clip[None]), **options)
            encoded.append(np.asarray(one))
            self._report(_ENCODING * done / len(clips))
        self._encoding_s = time.monotonic() - began
        return StorageView.from_array(np.concatenate(encoded))

    def detect_language(self, encoded: Any) -> Any:
        found = self._model.detect_language(encoded)
        self._told += [(clip[0][0][2:-2], float(clip[0][1])) for clip in found]
        return found

    def generate(self, *inputs: Any, **options: Any) -> Any:
        """Write the text. Nobody tells how far that is, so progress nears its share by the clock.

        It takes about as long as encoding did, on however busy a machine.
        """
        began = time.monotonic()
        texts = self._model.generate(*inputs, asynchronous=True, **options)
        while not texts[-1].done():
            time.sleep(_LOOK_S)
            encodings = (time.monotonic() - began) / max(self._encoding_s, _LOOK_S)
            self._report(_ENCODING + (_WRITTEN - _ENCODING) * (1 - 0.5**encodings))
        return [text.result() for text in texts]


def load(
    folder: Path, threads: int, *, device: Device = "cpu", precision: Precision = "int8"
) -> Whisper:
    """Return the model in `folder` (CTranslate2 format).

    Raises `StageError` (`device_unavailable`) where there is no such device, or it does not
    compute in that precision; `MemoryError`.
    """
    return loaded(Whisper, folder, threads, device, precision)


def _device(wanted: Device, precision: Precision) -> str:
    """Return the device by CTranslate2's name for it."""
    import ctranslate2

    has_gpu = wanted != "cpu" and ctranslate2.get_cuda_device_count() > 0
    if wanted == "cuda" and not has_gpu:
        raise no_gpu("CTranslate2")
    device = "cuda" if has_gpu else "cpu"
    known = ctranslate2.get_supported_compute_types(device)
    if precision not in known:
        message = (
            f"{device} computes speech in {', '.join(sorted(known))}, and not in {precision}: "
            "set another precision in PIPELINE_PARAMETERS, then retry the video."
        )
        raise StageError("device_unavailable", message)
    return device


def _raw(segment: Any, start_s: float) -> list[Raw]:
    return [(w.start - start_s, w.end - start_s, w.word, w.probability) for w in segment.words]
