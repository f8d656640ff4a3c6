"""Where topics change: boundaries within one sentence of the true ones, and titles that name them.

"Pk" and "WindowDiff" are the shares of windows, half a mean topic long, whose ends or boundaries
are told wrong (Beeferman et al., 1999; Pevzner and Hearst, 2002): less is better.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from eval import talks
from eval.cases import Case
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Chapters

TRUTH, RECIPES, given = talks.TRUTH, talks.RECIPES, talks.given


def looked(done: Done) -> None:
    """All words are read."""


def score(case: Case, done: Done) -> Tally:
    """Count turns; the first chapter's start is none."""
    truth = case.truth[TRUTH]
    starts_ms = truth["starts_ms"]
    chapters = done[Chapters].result.chapters
    found = [bisect_right(starts_ms, chapter.start_ms) - 1 for chapter in chapters[1:]]
    true = [topic["sentence"] for topic in truth["topics"]][1:]
    hits = sum(any(abs(at - there) <= 1 for at in found) for there in true)
    right = sum(any(abs(at - there) <= 1 for there in true) for at in found)
    return Tally(
        found=len(found),
        right=right,
        there=len(true),
        hit=hits,
        also={
            "Pk": _windows(found, true, len(starts_ms), counting=False),
            "WindowDiff": _windows(found, true, len(starts_ms), counting=True),
            "titles": (_titled(case, done), len(chapters)),
        },
    )


def _windows(
    found: Sequence[int], true: Sequence[int], count: int, *, counting: bool
) -> tuple[float, float]:
    """Return how many windows differ, by their count of boundaries or by having any, and all."""
    size = max(2, round(count / (len(true) + 1) / 2))

    def inside(boundaries: Sequence[int], first: int) -> int:
        within = sum(first < at <= first + size for at in boundaries)
        return within if counting else min(within, 1)

    firsts = range(count - size)
    return sum(inside(found, i) != inside(true, i) for i in firsts), len(firsts)


def _titled(case: Case, done: Done) -> int:
    """Return how many chapters' titles name the topic that fills most of them."""
    truth = case.truth[TRUTH]
    topics = [*truth["topics"], {"start_ms": done[Chapters].result.chapters[-1].end_ms}]
    right = 0
    for chapter in done[Chapters].result.chapters:
        shares = [
            min(chapter.end_ms, after["start_ms"]) - max(chapter.start_ms, topic["start_ms"])
            for topic, after in pairwise(topics)
        ]
        topic = topics[shares.index(max(shares))]["topic"]
        right += talks.named(truth["language"], topic, chapter.title) > 0
    return right
