"""What people may say of the words that are spoken: hot words, and corrections of what is heard.

Hot words are put before the speech model as text, so they are few, short, and hold nothing that it
takes for a command.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from pipeline.media.cues import hides

MOST_WORDS, LONGEST_WORD, MOST_CHARACTERS = 100, 60, 600
MOST_CORRECTIONS, LONGEST_CORRECTION = 500, 100
_COMMANDS = "<|>"
"""Of which Whisper's own tokens are made: `<|endoftext|>`."""


def not_in_a_word(char: str) -> bool:
    """Tell whether no hot word may have the character."""
    return hides(char) or char in f"{_COMMANDS},"


def check_vocabulary(words: Iterable[Any]) -> None:
    """Raise `ValidationError` for what cannot be a list of hot words."""
    known = list(words)
    for word in known:
        _check_text(word, LONGEST_WORD)
        if any(map(not_in_a_word, word)):
            raise ValidationError("Hot words hold no comma and none of < | >.")
    if len(known) > MOST_WORDS or sum(map(len, known)) > MOST_CHARACTERS:
        raise ValidationError(
            f"They are over {MOST_WORDS} words or {MOST_CHARACTERS} characters: keep the rarest."
        )


def check_glossary(glossary: Any) -> None:
    """Raise `ValidationError` for what is no object of texts heard and what is right."""
    if not isinstance(glossary, Mapping):
        raise ValidationError('It is an object: {"heard": "right"}.')
    if len(glossary) > MOST_CORRECTIONS:
        raise ValidationError(f"It has over {MOST_CORRECTIONS} entries.")
    for heard, right in glossary.items():
        _check_text(heard, LONGEST_CORRECTION)
        _check_text(right, LONGEST_CORRECTION)


def _check_text(text: Any, longest: int) -> None:
    if not isinstance(text, str) or not text.strip() or any(map(hides, text)):
        raise ValidationError("Each is a text, not empty, without characters that show nothing.")
    if len(text) > longest:
        raise ValidationError(f"None is longer than {longest} characters.")
