"""Spans of speech as Whisper hears them: padded, laid end to end, up to 30 s at once.

The rules are those of faster-whisper's own batched pipeline (MIT), so the model hears the same.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.engines.vad import SAMPLE_RATE_HZ, Samples, Span, as_float, with_fundamental
from pipeline.results import SAMPLES_PER_MS, Utterance, Word

_WINDOW = 30 * SAMPLE_RATE_HZ
_PAD = 400 * SAMPLE_RATE_HZ // 1000
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that Whisper splits into characters, because no spaces part their words."""

# What it leaves out in the middle of a chunk, as a second language, shows in times alone.
_LONGEST_WORD_S = 2.0
_LONG_SPAN = 5 * SAMPLE_RATE_HZ // 2
_LEAST_WORDS_PER_S = 0.5

_PIECE = 2 * SAMPLE_RATE_HZ
"""The model is seldom sure of a wrong language of so much speech."""

Raw = tuple[float, float, str, float]
"""A word as the engine gives it: start and end in s of the chunk's sound, text, probability."""


@dataclass(frozen=True)
class Chunk:
    """Padded spans of speech that the model hears as one, at most 30 s together."""

    spans: tuple[Span, ...]

    @property
    def start_ms(self) -> int:
        return self.spans[0][0] // SAMPLES_PER_MS

    @property
    def size(self) -> int:
        """How many samples it has."""
        return _size(self.spans)

    def sound(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return what is heard: (n,) float32, -1..1, with what a telephone leaves out of voices."""
        spans = [as_float(samples[start:end]) for start, end in self.spans]
        return with_fundamental(np.concatenate(spans))

    def pieces(self) -> "list[Chunk]":
        """Cut it at pauses into chunks of two seconds or more, as far as it has so much."""
        pieces: list[list[Span]] = [[]]
        for span in self.spans:
            if _size(pieces[-1]) >= _PIECE:
                pieces.append([])
            pieces[-1].append(span)
        if len(pieces) > 1 and _size(pieces[-1]) < _PIECE:
            rest = pieces.pop()
            pieces[-1] += rest
        return [Chunk(tuple(spans)) for spans in pieces]

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
        for word in _whole(raw, spaced=language not in UNSPACED):
            start_s, end_s, text, probability = word
            span = self._span_of(word)
            shift = self.spans[span][1] - ends[span]
            yield Word(
                round((start_s * SAMPLE_RATE_HZ + shift) / SAMPLES_PER_MS),
                round((end_s * SAMPLE_RATE_HZ + shift) / SAMPLES_PER_MS),
                text,
                round(float(probability), 4),
            )


def chunked(spans: Sequence[Span], total: int) -> list[Chunk]:
    """Pad spans of speech by 400 ms, or half the silence between two, and pack them into chunks.

    As `get_speech_timestamps` and `collect_chunks` do. `total` is the number of samples.
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


def _size(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


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
