"""Which lines of evidence bear out an answer, by words and by meaning.

A model's words are often right where the numbers that it names are not, the smaller it is the
more. So the numbers are a hint, and what is cited is what was found to bear the answer out.
"""

from collections.abc import Sequence

from pipeline.llm import kinds, support
from pipeline.llm.evidence import Evidence
from pipeline.llm.support import Nearness

# Chosen on the `known` half of eval/asking/questions.toml, with answers right and swapped; MiniLM's alone.
_FAR = 0.25
"""A line less near to the question has nothing to do with it."""
_WORDED_GAIN = 0.0
_FREE_GAIN = 0.08
"""An answer in words of its own must bring the question nearer to its evidence by so much; one in
the evidence's words must not take it away. Right ones bring 0.04..0.33, of swapped ones a twelfth
any at all."""
_PLAIN_GAIN = -0.05
"""One without words of meaning, "Yes", changes hardly anything."""
_COPIED = 0.4
"""A whole line given for an answer brings the question near to itself, whatever it says: it must
be so near by itself."""
_CLEARLY = 0.05
"""A line that brings it nearer by so much than those that the model named is cited instead."""
_CLEAR = 0.6
"""A line as near to the question as this answers it more often than not."""
_ABOUT = 0.15
"""Between lines that are as near but for this, words tell."""
# What is said within this of a line may go on with it: "They do so at dawn."
_TOGETHER_MS = 10_000
_MOST_TRIED = 4


def found(
    question: str,
    said: str,
    named: Sequence[Evidence],
    lines: Sequence[Evidence],
    near: Nearness | None,
) -> list[Evidence]:
    """Return the lines that bear out what was `said`, in order of time; none: nothing does.

    Those that the model `named`, as far as they have to do with the question, unless one of all
    `lines` does so clearly better.
    """
    claim = f"{question} {said}"
    if near:
        best = sorted(lines, key=lambda one: -near(claim, one.text))
    else:
        best = sorted(lines, key=lambda one: -support.shared(one.text, claim))
    own = _together(question, said, named, near)
    tried = [*([own] if own else []), *([one] for one in best[:_MOST_TRIED])]
    strength = [_strength(question, said, rests_on, near) for rests_on in tried]
    # Who names nearly all has chosen none.
    if own and strength[0] is not None and len(named) <= max(3, len(lines) // 2):
        strength[0] += _CLEARLY
    borne_out = [n for n, how in enumerate(strength) if how is not None]
    return tried[max(borne_out, key=lambda n: strength[n] or 0.0)] if borne_out else []


def clearest(question: str, lines: Sequence[Evidence], near: Nearness) -> Evidence | None:
    """Return the line that answers a question by its meaning, if one is as near as that.

    Of those about as near the one that has most of the question's words.
    """
    close = [one for one in lines if near(question, one.text) > _CLEAR - _ABOUT]
    fitting = [one for one in close if kinds.fits(question, one.text, near)]
    nearest = max((near(question, one.text) for one in fitting), default=0.0)
    if nearest < _CLEAR:
        return None
    about = [one for one in fitting if near(question, one.text) > nearest - _ABOUT]
    return max(
        about, key=lambda one: (support.shared(question, one.text), near(question, one.text))
    )


def _together(
    question: str, said: str, named: Sequence[Evidence], near: Nearness | None
) -> list[Evidence]:
    """Return those of the lines that have to do with the question, or go on with one that does."""
    asked = [
        one
        for one in named
        if support.related(one.text, question) or (near and near(question, one.text) >= _FAR)
    ]
    if not near and not asked:
        asked = [one for one in named if support.related(one.text, said)]
    return [
        one
        for one in named
        if any(
            one.start_ms < other.end_ms + _TOGETHER_MS
            and other.start_ms < one.end_ms + _TOGETHER_MS
            for other in asked
        )
    ]


def _strength(
    question: str, said: str, rests_on: Sequence[Evidence], near: Nearness | None
) -> float | None:
    """Return how much nearer the answer brings the question to the lines; None: it does not hold."""
    texts = [one.text for one in rests_on]
    meant = support.content(said)
    evidence = " ".join(texts)
    if not kinds.fits(question, evidence, near):
        return None
    if support.invents(said, texts) or (meant and not support.adds(said, question)):
        return None  # to say what was asked is no answer
    worded = support.supported(said, texts, question)
    if near is None:
        return 0.0 if worded else None
    before = near(question, evidence)
    gain = near(f"{question} {said}", evidence) - before
    copied = any(support.content(text) <= meant for text in texts)
    least = (_WORDED_GAIN if meant else _PLAIN_GAIN) if worded else _FREE_GAIN
    return gain if before >= (_COPIED if copied else _FAR) and gain >= least else None
