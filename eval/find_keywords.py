"""Whether keywords are what a reader would name, and name every topic."""

from eval import talks
from eval.cases import Case
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Keywords

TRUTH, RECIPES, given = talks.TRUTH, talks.RECIPES, talks.given


def looked(done: Done) -> None:
    """All words are read."""


def score(case: Case, done: Done) -> Tally:
    """Count keywords that are among those named for a topic, and topics that have one."""
    truth = case.truth[TRUTH]
    language, topics = truth["language"], [topic["topic"] for topic in truth["topics"]]
    found = [keyword.text for keyword in done[Keywords].result.keywords]
    return Tally(
        found=len(found),
        right=sum(any(talks.named(language, topic, text) for topic in topics) for text in found),
        there=len(topics),
        hit=sum(talks.named(language, topic, " ".join(found)) > 0 for topic in topics),
    )
