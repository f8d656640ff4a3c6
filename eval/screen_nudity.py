"""Nudity found where there is none: on the sample's photographs, a face and bare skin among them.

No picture that shows any is in the set: recall takes videos of your own (`EVAL_DIR`), whose truth
lists spans with `start_ms` and `end_ms`.
"""

from collections.abc import Mapping, Sequence

from eval.cases import Case, Recipe
from eval.running import Done
from eval.scores import Tally, overlap_ms, tally
from pipeline.results import Frames, Nudity

TRUTH = "nudity"
RECIPES: Mapping[str, Recipe] = {}


def looked(done: Done) -> Sequence[int]:
    frames: Frames = done[Frames].result
    return [sample.at_ms for sample in frames.samples]


def score(case: Case, done: Done) -> Tally:
    """Count spans that overlap."""
    found: Nudity = done[Nudity].result
    spans = [(span.start_ms, span.end_ms) for span in found.spans]
    there = [(span["start_ms"], span["end_ms"]) for span in case.truth[TRUTH]]
    return tally(spans, there, lambda one, real: overlap_ms(one, real) > 0)
