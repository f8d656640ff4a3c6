"""Mistyped words, set right by those that the workspace's passages have."""

from collections.abc import Collection
from itertools import combinations
from uuid import UUID

from django.db import connection

from videos.models import Word
from videos.selectors.search.words import Query

_SHORTEST, _LONGEST = 4, 24
_TWO_SLIPS = 7
"""Words of so many letters may be wrong by two."""
_MOST_WORDS = 8
_MOST_CANDIDATES = 500

# Materialized: with the limit in sight the planner would read all of the workspace's words instead.
_NEAR = """
WITH near AS MATERIALIZED (
    SELECT workspace_id, word, passages FROM videos_word WHERE forms && %s::varchar[]
)
SELECT word, passages FROM near WHERE workspace_id = %s LIMIT %s
"""


def corrected(workspace_id: UUID, query: Query, common: Collection[str]) -> Query | None:
    """Return the query with words that no passage has replaced by the likeliest that some have.

    Words that are `common` were hardly mistyped. None where there is nothing to replace.
    """
    words = {
        word
        for term in query.terms
        if not term.excluded
        for word in term.text.lower().split()
        if _SHORTEST <= len(word) <= _LONGEST and word.isalpha() and word not in common
    }
    known = Word.objects.filter(workspace=workspace_id, word__in=words)
    unknown = sorted(words - set(known.values_list("word", flat=True)))[:_MOST_WORDS]
    found = {word: better for word in unknown if (better := _likeliest(workspace_id, word))}
    return query.with_words(found) if found else None


def _likeliest(workspace_id: UUID, word: str) -> str | None:
    slips = 2 if len(word) >= _TWO_SLIPS else 1
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [_forms(word, slips), workspace_id, _MOST_CANDIDATES])
        near = cursor.fetchall()
    ranked = [
        (distance(word, known), known[0] != word[0], -passages, known) for known, passages in near
    ]
    return min((one for one in ranked if one[0] <= slips), default=(None,) * 4)[3]


def _forms(word: str, slips: int) -> list[str]:
    """Return the word, and it without any one letter, or two: `Word.forms` has those without one.

    Two words have a form in common if one slip makes one of the other, and mostly if two do
    (SymSpell, Garbe 2012).
    """
    places = range(len(word))
    forms = {word}
    for left_out in (set(some) for n in range(1, slips + 1) for some in combinations(places, n)):
        forms.add("".join(letter for n, letter in enumerate(word) if n not in left_out))
    return sorted(forms)


def distance(one: str, other: str) -> int:
    """Return how many slips make `one` of `other`: a letter more, less, another, or two swapped.

    Optimal string alignment (Damerau, 1964).
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, facing in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == facing:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
