"""Where voices begin, in sounds made here."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.engines.onsets import refined

MS = 16
VOICE_MS, FOUND_MS = 1_000, 1_200


def sound(before: float, voice: float) -> npt.NDArray[np.int16]:
    """2 s of noise, louder from 1 s on: (n,) int16."""
    noise = np.random.default_rng(1).standard_normal(2_000 * MS)
    noise[: VOICE_MS * MS] *= before
    noise[VOICE_MS * MS :] *= voice
    return noise.astype(np.int16)


def start_ms(samples: npt.NDArray[np.int16], *, before_ms: int = 0) -> int:
    spans = [(0, before_ms * MS)] * bool(before_ms) + [(FOUND_MS * MS, 1_900 * MS)]
    return refined(samples, spans)[-1][0] // MS


class TestRefined:
    @pytest.mark.parametrize("before", [0, 30, 300])
    def test_begins_with_the_voice(self, before: float) -> None:
        assert start_ms(sound(before, 3_000)) == pytest.approx(VOICE_MS, abs=20)

    @pytest.mark.parametrize("before", [1_500, 3_000, 6_000])
    def test_stays_where_something_as_loud_sounds(self, before: float) -> None:
        assert start_ms(sound(before, 3_000)) == FOUND_MS

    def test_stays_where_the_beginning_is_out_of_reach(self) -> None:
        samples = np.roll(sound(30, 3_000), -400 * MS)

        assert start_ms(samples) == FOUND_MS

    def test_keeps_apart_from_the_span_before(self) -> None:
        assert start_ms(sound(30, 3_000), before_ms=1_100) == FOUND_MS

    def test_takes_spans_at_the_edges(self) -> None:
        samples = sound(30, 3_000)

        assert refined(samples, [(0, 50)]) == [(0, 50)]
        assert refined(samples, [(31_990, 32_000)]) == [(31_990, 32_000)]
        assert refined(samples, []) == []
