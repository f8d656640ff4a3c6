"""Which language is spoken in each piece of speech, as the pieces around it tell, too."""

import math
from collections.abc import Mapping, Sequence

_SURE = 0.8
"""What no piece is so likely to be is spoken by nobody."""
_CHANGE = 2.0
"""What a change costs: what follows has to speak for it by 7 to 1 (e²), what lies between two
changes by 55 to 1."""
_LEAST = 0.003
"""No piece speaks more clearly against a language."""


def smoothed(told: Sequence[Mapping[str, float]], main: str) -> list[str]:
    """Return the language of each piece by Viterbi's algorithm (1967).

    `told` says of each piece, in order, how likely each language is, 0..1. `main` is spoken where
    no piece is sure.
    """
    sure = (max(odds, key=odds.__getitem__) for odds in told if max(odds.values()) >= _SURE)
    score = dict.fromkeys([main, *sure], 0.0)
    came: list[dict[str, str]] = []
    """Of each piece, for each language that it may have, the language of the piece before."""
    for odds in told:
        leader = max(score, key=score.__getitem__)
        floor = score[leader] - _CHANGE
        came.append({one: one if score[one] >= floor else leader for one in score})
        score = {
            one: max(score[one], floor) + math.log(max(odds.get(one, 0.0), _LEAST)) for one in score
        }
    language = max(score, key=score.__getitem__)
    spoken = []
    for before in reversed(came):
        spoken.append(language)
        language = before[language]
    return spoken[::-1]
