"""Labels of speakers that hold from one run to the next."""

from bisect import bisect
from collections import Counter
from collections.abc import Sequence

from pipeline.results import SpeakerTurn

Labelled = tuple[str, int, int]
"""Label, start and end, ms."""


def labels(turns: Sequence[SpeakerTurn], before: Sequence[Labelled]) -> dict[int, str]:
    """Return the label of each speaker who has a turn.

    `before` are the turns that an earlier run found. Whoever speaks where S2 spoke is S2: pairs
    that share most time come first. Who shares none gets a number that nobody has had. Both lists
    ascend, and turns of one list do not overlap.
    """
    shared = _shared(turns, before)
    given: dict[int, str] = {}
    for (speaker, label), _ in sorted(shared.items(), key=lambda one: (-one[1], one[0])):
        if speaker not in given and label not in given.values():
            given[speaker] = label
    last = max((int(label[1:]) for label, _, _ in before), default=0)
    for speaker in dict.fromkeys(turn.speaker for turn in turns):
        if speaker not in given:
            last += 1
            given[speaker] = f"S{last}"
    return given


def _shared(turns: Sequence[SpeakerTurn], before: Sequence[Labelled]) -> Counter[tuple[int, str]]:
    """Return for how long, ms, a speaker spoke where a label did."""
    shared: Counter[tuple[int, str]] = Counter()
    starts, ends = [start for _, start, _ in before], [end for _, _, end in before]
    for turn in turns:
        for label, start_ms, end_ms in before[
            bisect(ends, turn.start_ms) : bisect(starts, turn.end_ms - 1)
        ]:
            shared[turn.speaker, label] += min(end_ms, turn.end_ms) - max(start_ms, turn.start_ms)
    return shared
