"""How many captions keep every rule by which they are set; `eval.transcribe` counts them."""

from collections.abc import Sequence
from itertools import pairwise

from pipeline.media import cues
from pipeline.media.captions import GAP_MS, show
from pipeline.results import Cue, Shot

_PAUSE_MS = 200
"""Speech that pauses longer at a cut does not run on over it."""


def kept(heard: Sequence[Cue], shots: Sequence[Shot]) -> tuple[int, int]:
    """Return how many captions keep line length, duration, speed, gap and cuts, and of how many."""
    cuts_ms = [shot.start_ms for shot in shots if shot.transition == "cut"]
    words = [word for cue in heard for word in cue.words]
    shown = show(heard, cuts_ms)
    starts_ms = [after.start_ms for _, after in pairwise(shown)]

    def runs_on(cut_ms: int) -> bool:
        before = max((word.end_ms for word in words if word.start_ms < cut_ms), default=0)
        after = min((word.start_ms for word in words if word.start_ms >= cut_ms), default=cut_ms)
        return after - before <= _PAUSE_MS

    good = 0
    for caption, next_ms in zip(shown, [*starts_ms, None], strict=True):
        lines, lasts_ms = caption.text.split("\n"), caption.end_ms - caption.start_ms
        over = [cut_ms for cut_ms in cuts_ms if caption.start_ms < cut_ms < caption.end_ms]
        good += (
            len(lines) <= 2
            and max(map(cues.columns, lines)) <= cues.MAX_LINE
            and cues.MIN_MS <= lasts_ms <= cues.MAX_MS
            and lasts_ms >= cues.reading_ms(caption.text)
            and (next_ms is None or next_ms - caption.end_ms >= GAP_MS)
            and all(map(runs_on, over))
        )
    return good, len(shown)
