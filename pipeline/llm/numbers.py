"""Numbers in a text, whether in digits or in English words."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15}(?:[.,][0-9]{1,9})?|[a-z]+|[^\w\s-]")
_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}
# Between the pairs of a year: "eighteen oh five".
_OH = re.compile(rf"\b({'|'.join(_SMALL)})[\s-]oh?[\s-](?=(?:{'|'.join(_UNITS.split()[1:10])})\b)")
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9}


def numbers(text: str) -> set[str]:
    """Return the numbers of `text` in digits: "two thousand" and 2,000 are the same.

    Years may be told in pairs: "nineteen fifty-three". "One" by itself is hardly ever a number, and
    is left out.
    """
    return {f"{_value(run):.15g}" for run in _runs(text) if run != ["one"]}


def marked(text: str) -> str:
    """Return the words and marks of `text`, a space between, in lower case, numbers as "#1825"."""
    parts = _parts(text)
    return " ".join(
        part if isinstance(part, str) else "one" if part == ["one"] else f"#{_value(part):.15g}"
        for part in parts
    )


def _runs(text: str) -> Iterator[list[str]]:
    """Return the words of each number."""
    return (part for part in _parts(text) if isinstance(part, list))


def _parts(text: str) -> Iterator[str | list[str]]:
    """Return the words and marks of `text` in lower case, those of each number together."""
    run: list[str] = []
    told = _OH.sub(r"\1 zero ", text.lower())
    for word in (match[0] for match in _TOKEN.finditer(told)):
        if word in _SMALL or word in _LARGE or word == "hundred" or word[:1].isdigit():
            run.append(word)
            continue
        if run and word == "and" and run[-1] in ("hundred", *_LARGE):
            continue
        if run:
            yield run
            run = []
        yield word
    if run:
        yield run


def _value(run: list[str]) -> float:
    match [_SMALL.get(word, -1) for word in run]:
        case [century, *pair] if 10 <= century <= 20 and _is_pair(pair):
            return 100 * century + sum(pair)
    total = current = 0.0
    for word in run:
        if word in _LARGE:
            total, current = total + max(current, 1) * _LARGE[word], 0
        elif word == "hundred":
            current = max(current, 1) * 100
        else:
            current += _SMALL[word] if word in _SMALL else _digits(word)
    return total + current


def _is_pair(values: list[int]) -> bool:
    """Whether these are the last two digits of a year: fifty-three, thirteen, oh five."""
    match values:
        case [both]:
            return both >= 10
        case [tens, unit]:
            return (tens == 0 or tens >= 20) and 1 <= unit <= 9
    return False


def _digits(word: str) -> float:
    thousands = re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", word)
    return float(word.replace(",", "" if thousands else "."))
