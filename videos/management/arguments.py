"""What several commands take."""

import re
from argparse import ArgumentTypeError

from videos.languages import CODE, NOT_A_CODE


def language(text: str) -> str:
    """Return a language's code, or nothing where there is none. Raises `ArgumentTypeError`."""
    if text and not re.fullmatch(CODE, text):
        raise ArgumentTypeError(NOT_A_CODE)
    return text
