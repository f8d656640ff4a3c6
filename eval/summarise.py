"""Whether a summary has every topic, as far as it has sentences for them, and whole sentences."""

from eval import talks
from eval.cases import Case
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Summary

TRUTH, RECIPES, given = talks.TRUTH, talks.RECIPES, talks.given


def looked(done: Done) -> None:
    """All words are read."""


def score(case: Case, done: Done) -> Tally:
    """Count sentences that begin where one does, and topics that have one."""
    truth = case.truth[TRUTH]
    sentences = done[Summary].result.sentences
    begins_ms = [topic["start_ms"] for topic in truth["topics"]]
    told = {sum(begin <= one.start_ms for begin in begins_ms) for one in sentences}
    return Tally(
        found=len(sentences),
        right=sum(one.start_ms in truth["starts_ms"] for one in sentences),
        there=min(len(begins_ms), len(sentences)),
        hit=len(told),
    )
