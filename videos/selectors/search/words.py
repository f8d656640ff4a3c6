"""What a search asks for, from words as people type them to PostgreSQL's queries.

ship harbour        both words, in any of their forms
"red door"          these words in this order
harb*               words that begin so
-storm  -"red door" without these
ship or boat        either
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from videos.selectors.search.scope import Parameters

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_PREFIX = re.compile(r"(\w{3,})\*")
_SHORT_PREFIX = re.compile(r"\w{1,2}\*")
_MOST_PREFIXES = 4
"""Each reads all words that begin so: what would cost too much is taken for a word."""


class Shape(Enum):
    WORD = "word"
    PHRASE = "phrase"
    PREFIX = "prefix"


@dataclass(frozen=True)
class Term:
    text: str
    shape: Shape = Shape.WORD
    excluded: bool = False

    @property
    def binds(self) -> bool:
        """Whether every hit has to obey it, also one found by its meaning."""
        return self.excluded or self.shape is not Shape.WORD


Group = tuple[Term, ...]
"""All of these."""


@dataclass(frozen=True)
class Query:
    groups: tuple[Group, ...]
    """Any of these."""

    @property
    def terms(self) -> Iterator[Term]:
        return (term for group in self.groups for term in group)

    @property
    def too_short(self) -> str:
        """A beginning with too few letters, which is taken for a word; empty: there is none."""
        words = (term.text for term in self.terms if not term.binds)
        return next((word for word in words if _SHORT_PREFIX.fullmatch(word)), "")

    @property
    def meaning(self) -> str:
        """The words whose meaning is looked for; empty where only exclusions are given."""
        return " ".join(term.text for term in self.terms if not term.excluded)

    @property
    def written(self) -> str:
        """The query as one would type it."""
        return " or ".join(" ".join(map(_written, group)) for group in self.groups)

    @property
    def binding(self) -> "Query | None":
        """What also hits by meaning must obey; None: nothing, or nothing that holds for all."""
        bound = [tuple(term for term in group if term.binds) for group in self.groups]
        return Query(tuple(bound)) if bound and all(bound) else None

    @property
    def alternatives(self) -> "Query":
        """Any of the words that are to be there, those of phrases, too."""
        words = (
            Term(word, Shape.PREFIX if term.shape is Shape.PREFIX else Shape.WORD)
            for term in self.terms
            if not term.excluded
            for word in term.text.split()
        )
        return Query(tuple((word,) for word in dict.fromkeys(words)))

    @property
    def necessary(self) -> "Query":
        """What an index of words can tell: which words are there, in whatever order."""
        return Query(
            tuple(
                tuple(
                    replace(term, shape=Shape.WORD) if term.shape is Shape.PHRASE else term
                    for term in group
                    if not term.excluded
                )
                for group in self.groups
            )
        )

    @property
    def names_words(self) -> bool:
        """Whether every alternative says what must be there, not only what must not."""
        return all(any(not term.excluded for term in group) for group in self.groups)

    def with_words(self, corrected: dict[str, str]) -> "Query":
        """Return the query with some words replaced."""

        def mended(term: Term) -> Term:
            words = term.text.split()
            return replace(term, text=" ".join(corrected.get(w.lower(), w) for w in words))

        return Query(tuple(tuple(map(mended, group)) for group in self.groups))


def _written(term: Term) -> str:
    text = {
        Shape.WORD: term.text,
        Shape.PHRASE: f'"{term.text}"',
        Shape.PREFIX: f"{term.text}*",
    }[term.shape]
    return f"-{text}" if term.excluded else text


def parse(words: str) -> Query:
    """Return what `words` ask for; whatever they hold, they are no error."""
    groups: list[list[Term]] = [[]]
    prefixes = 0
    for found in _TERM.finditer(words):
        excluded, phrase, word = bool(found["minus"]), found["phrase"], found["word"]
        if phrase is not None:
            term = Term(phrase, Shape.PHRASE, excluded)
        elif word.lower() == "or" and not excluded:
            groups.append([])
            continue
        elif (prefix := _PREFIX.fullmatch(word)) and prefixes < _MOST_PREFIXES:
            prefixes += 1
            term = Term(prefix[1], Shape.PREFIX, excluded)
        else:
            term = Term(word, Shape.WORD, excluded)
        if any(map(str.isalnum, term.text)):
            groups[-1].append(term)
    return Query(tuple(tuple(group) for group in groups if group))


def tsquery(query: Query, config: str, given: Parameters) -> str:
    """Return SQL for the query under a text search configuration, itself given in SQL."""
    if not query.groups:
        return "''::tsquery"
    groups = (" && ".join(_one(term, config, given) for term in group) for group in query.groups)
    return "(" + " || ".join(f"({group})" for group in groups) + ")"


def _one(term: Term, config: str, given: Parameters) -> str:
    match term.shape:
        case Shape.PHRASE:
            sql = f"phraseto_tsquery({config}, {given.add(term.text)})"
        case Shape.PREFIX:
            # As it is written, and by its stem: "leaving*" finds leaves too. Each is a scan.
            prefix = given.add(f"'{term.text}':*")
            stem, written = (f"to_tsquery({name}, {prefix})" for name in (config, "'simple'"))
            sql = f"CASE {stem} WHEN {written} THEN {written} ELSE {stem} || {written} END"
        case Shape.WORD:
            sql = f"plainto_tsquery({config}, {given.add(term.text)})"
    return f"!!({sql})" if term.excluded else sql
