"""What a language model makes of what is said and shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AbstractSentence:
    text: str
    """The model's words: plain text, never to be shown as markup."""
    spans: tuple[tuple[int, int], ...]
    """`(start_ms, end_ms)` of what it rests on: ascending, at least one."""


@dataclass(frozen=True)
class ChapterTitle:
    start_ms: int
    end_ms: int
    """Of the chapter, as `Chapters` has it."""
    title: str


@dataclass(frozen=True)
class Abstract:
    """Made by: write_abstract."""

    sentences: tuple[AbstractSentence, ...]
    """At least one, in the order they are to be read."""
    titles: tuple[ChapterTitle, ...]
    """Of chapters that were given one, ascending."""
    model: str
    prompt_version: int
