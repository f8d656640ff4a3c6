"""Patterns for the OpenAPI document, made of the very tests by which the server refuses texts.

They know the basic plane alone: the notations of patterns differ beyond it. And no halves of
characters, which are refused, too: many a reader of patterns takes none that names them.
"""

from collections.abc import Callable
from functools import cache
from itertools import chain, groupby

Refuses = Callable[[str], bool]
"""Whether a text may not have a character."""


@cache
def trimmed(refuses: Refuses, *, blank: bool = False) -> str:
    """Return the pattern of texts whose blanks at both ends count for nothing."""
    others = _ranges(refuses)
    first = "" if blank else rf"[^\s{others}]"
    return rf"^\s*{first}[^{others}]*\s*$"


@cache
def listed(refuses: Refuses) -> str:
    """Return the pattern of such texts in one, with commas between; empty ones count for nothing."""
    part = rf"\s*[^,{_ranges(refuses)}]*\s*"
    return f"^{part}(,{part})*$"


def _ranges(refuses: Refuses) -> str:
    refused = [code for code in chain(range(0xD800), range(0xE000, 0x10000)) if refuses(chr(code))]
    runs = groupby(enumerate(refused), lambda place: place[1] - place[0])
    return "".join(_range([code for _, code in run]) for _, run in runs)


def _range(codes: list[int]) -> str:
    first, last = f"\\u{codes[0]:04x}", f"\\u{codes[-1]:04x}"
    return first if first == last else f"{first}-{last}"
