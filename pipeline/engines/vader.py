"""How English sounds, by its words: VADER (Hutto and Gilbert, 2014), vaderSentiment (MIT)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.engines.loaded import loaded

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def sentiment(texts: Sequence[tuple[str, float]]) -> float | None:
    """Return the mean of some sentences by their weights, -1..1; None where nothing weighs.

    Counted are words that a list calls good or bad, with what strengthens, weakens and negates
    them: a hint, deaf to irony.
    """
    weights = sum(weight for _, weight in texts)
    if not weights:
        return None
    analyser = loaded(_load)
    scores = [analyser.polarity_scores(text)["compound"] * weight for text, weight in texts]
    return round(float(sum(scores) / weights), 3) + 0.0  # -0.0 is 0.0


def _load() -> "SentimentIntensityAnalyzer":
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
