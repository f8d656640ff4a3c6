"""Speech to words: Whisper (MIT, OpenAI) by faster-whisper on CTranslate2.

The sound is read from a memory-mapped file and transcribed batch by batch, so memory does not
grow with the duration. The model hears the chunks that faster-whisper's own batched pipeline
would make of the same sound: spans of speech, padded and laid end to end up to 30 s.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.contract import Device, Precision
from pipeline.engines.loaded import loaded
from pipeline.engines.onnx import no_gpu
from pipeline.engines.vad import SAMPLE_RATE_HZ, Samples, Span, as_float
from pipeline.errors import StageError
from pipeline.results import Utterance, Word

_WINDOW = 30 * SAMPLE_RATE_HZ
_PAD = 400 * SAMPLE_RATE_HZ // 1000
_PER_MS = SAMPLE_RATE_HZ // 1000
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that Whisper splits into characters, because no spaces part their words."""

_TEMPERATURES = (0.0, 0.2, 0.6, 1.0)

# What it leaves out in the middle of a chunk, as a second language, shows in times alone.
_LONGEST_WORD_S = 2.0
_LONG_SPAN = 5 * SAMPLE_RATE_HZ // 2
_LEAST_WORDS_PER_S = 0.5

Raw = tuple[float, float, str, float]
"""A word as the engine gives it: start and end in s of the chunk's sound, text, probability."""


@dataclass(frozen=True)
class Chunk:
    """Padded spans of speech that the model hears as one, at most 30 s together."""

    spans: tuple[Span, ...]

    @property
    def start_ms(self) -> int:
        return self.spans[0][0] // _PER_MS

    def sound(self, samples: Samples) -> npt.NDArray[np.float32]:
        return np.concatenate([as_float(samples[start:end]) for start, end in self.spans])

    def leaves_out_speech(self, raw: Sequence[Raw]) -> bool:
        """Tell whether a long span has hardly any words, or a word is drawn out over the gap."""
        said = Counter(self._span_of(word) for word in raw)
        return any(end_s - start_s > _LONGEST_WORD_S for start_s, end_s, _, _ in raw) or any(
            end - start >= _LONG_SPAN
            and said[i] < _LEAST_WORDS_PER_S * (end - start) / SAMPLE_RATE_HZ
            for i, (start, end) in enumerate(self.spans)
        )

    def _ends(self) -> list[int]:
        return list(accumulate(end - start for start, end in self.spans))

    def _span_of(self, word: Raw) -> int:
        """Return in which span the middle of a word lies."""
        at = int((word[0] + word[1]) / 2 * SAMPLE_RATE_HZ)
        return min(bisect_right(self._ends(), at), len(self.spans) - 1)

    def utterance(self, segment: Any, raw: Sequence[Raw], language: str) -> Utterance:
        """Put a segment of the engine's back on the timeline, its words as `raw` has them."""
        return Utterance(
            tuple(self.words(raw, language)),
            language,
            # The engine's own floats may be NumPy's, which are no JSON.
            log_probability=round(float(segment.avg_logprob), 4),
            no_speech=round(float(segment.no_speech_prob), 4),
            compression=round(float(segment.compression_ratio), 4),
        )

    def words(self, raw: Sequence[Raw], language: str) -> Iterator[Word]:
        """Put the engine's words back on the timeline."""
        ends = self._ends()
        for word in _whole(raw, spaced=language not in _UNSPACED):
            start_s, end_s, text, probability = word
            span = self._span_of(word)
            shift = self.spans[span][1] - ends[span]
            yield Word(
                round((start_s * SAMPLE_RATE_HZ + shift) / _PER_MS),
                round((end_s * SAMPLE_RATE_HZ + shift) / _PER_MS),
                text,
                round(float(probability), 4),
            )


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

    def transcribe(
        self,
        samples: Samples,
        chunks: Sequence[Chunk],
        *,
        language: str,
        beam_size: int,
        batch_size: int,
        report: Callable[[float], None],
    ) -> Iterator[Utterance]:
        """Yield what is said, in order, with times in ms of `samples`, (n,) int16, mono, 16 kHz.

        Speech is heard in batches as the utterances are asked for. A chunk whose text is
        improbable, repeats itself or leaves out speech is heard again.
        """
        for first in range(0, len(chunks), batch_size):
            batch = chunks[first : first + batch_size]
            sounds = [chunk.sound(samples) for chunk in batch]
            ends = list(accumulate(sound.size for sound in sounds))
            starts = [0, *ends[:-1]]
            segments, _ = self._pipeline.transcribe(
                np.concatenate(sounds),
                language=language,
                beam_size=beam_size,
                batch_size=batch_size,
                word_timestamps=True,
                # The pipeline cuts seconds down to samples: half a sample more makes that exact.
                clip_timestamps=[
                    {"start": (start + 0.5) / SAMPLE_RATE_HZ, "end": (end + 0.5) / SAMPLE_RATE_HZ}
                    for start, end in zip(starts, ends, strict=True)
                ],
            )
            # Without timestamp tokens the pipeline gives one segment for each clip, in order.
            for chunk, sound, start, segment in zip(batch, sounds, starts, segments, strict=True):
                raw = _raw(segment, start / SAMPLE_RATE_HZ)
                heard = [chunk.utterance(segment, raw, language)]
                if _doubtful(heard[0]) or chunk.leaves_out_speech(raw):
                    # Where the engine then hears nothing, the first hearing is kept.
                    heard = self._hear_again(chunk, sound, language) or heard
                yield from (utterance for utterance in heard if utterance.words)
            report((first + len(batch)) / len(chunks))

    def _hear_again(
        self, chunk: Chunk, sound: npt.NDArray[np.float32], language: str
    ) -> list[Utterance]:
        """Transcribe one chunk by the engine's sequential way, at rising temperatures.

        That goes on where the batched way stops early, and breaks most loops of repetition. What
        it takes for silence it leaves out.
        """
        import ctranslate2

        ctranslate2.set_random_seed(0)
        segments, _ = self._model.transcribe(
            sound,
            language=language,
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


def chunked(spans: Sequence[Span], total: int) -> list[Chunk]:
    """Pad spans of speech by 400 ms, or half the silence between two, and pack them into chunks.

    The rules are faster-whisper's (`get_speech_timestamps`, `collect_chunks`, MIT), so that the
    model hears the same. `total` is the number of samples.
    """
    padded = []
    for i, (start, end) in enumerate(spans):
        before = start - spans[i - 1][1] if i else 2 * start
        after = spans[i + 1][0] - end if i + 1 < len(spans) else 2 * (total - end)
        padded.append((start - min(_PAD, before // 2), end + min(_PAD, after // 2)))

    chunks: list[list[Span]] = []
    length = _WINDOW
    for start, end in padded:
        if length + end - start > _WINDOW:
            chunks.append([])
            length = 0
        chunks[-1].append((start, end))
        length += end - start
    return [Chunk(tuple(chunk)) for chunk in chunks]


def _doubtful(utterance: Utterance) -> bool:
    """Tell whether the engine's own measures, which the batched pipeline ignores, speak against it."""
    return utterance.is_improbable or utterance.repeats_itself


def _raw(segment: Any, start_s: float) -> list[Raw]:
    return [(w.start - start_s, w.end - start_s, w.word, w.probability) for w in segment.words]


def _whole(raw: Sequence[Raw], *, spaced: bool) -> list[Raw]:
    """Strip the words, and join what the engine splits inside of one: "twenty", "-one"."""
    words: list[Raw] = []
    for start, end, text, probability in raw:
        if spaced and words and not text.startswith(" "):
            first, _, head, certainty = words.pop()
            words.append((first, end, head + text.strip(), min(certainty, probability)))
        elif text.strip():
            words.append((start, end, text.strip(), probability))
    return words
