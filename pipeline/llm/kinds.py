"""What kind of answer a question wants, and whether a text holds one.

Small models hardly ever find that there is no answer. They give what stands near one: that a queen
lays two thousand eggs a day, when asked how long she lives. Most of these lack what the question
wants by its form: a span of time, a price, somebody's name. Judged by words, in English alone: what
cannot be judged, another language among it, passes.
"""

import re

from pipeline.llm import names, support
from pipeline.llm.numbers import marked
from pipeline.llm.support import Nearness

_TIME = "seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|century|centuries"
_LENGTH = "(?:milli|centi|kilo)?met(?:re|er)s?|[mck]?m|miles?|inch(?:es)?|feet|foot|ft|yards?|light years?"
_SPEED = f"{_LENGTH}|{_TIME}|times|mph|kph|knots?"
_WEIGHT = "(?:kilo|milli)?grams?|k?g|kilos?|pounds?|lbs?|tons?|tonnes?|ounces?|stones?"
_HEAT = "degrees?|° ?[cf]?|celsius|fahrenheit|kelvin"
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|yesterday|weekdays?|weekends?"
_CLOCK = (
    "dawn|dusk|mornings?|noon|midday|afternoons?|evenings?|nights?|midnight|sunrise|sunset|clock|"
    "(?:at|by|until|till|before|after|around|about|from) #\\S+(?! \\w+s\\b)|#\\S+ (?:: #|[ap] ?\\.? ?m\\b)"
)
_YEAR = "#(?:1\\d{3}|20\\d\\d)(?! \\w+s\\b)|in #\\S+|century"
_PART = "springs?|summers?|autumns?|winters?|christmas|easter|seasons?"
_TURN = (
    "ago|when|whenever|while|before|after|as soon as|until|during|once|if|every|always|never|now|"
    "first|last|finally|end|start|beginning|within|war"
)
_COLOURS = (
    "black|white|gr[ea]y|red|green|blue|yellow|orange|brown|pink|purple|violet|golden?|silver|beige|"
    "turquoise|dark|light|pale|coloured|colored"
)
_MONEY = "euros?|dollars?|pounds?|cents?|pence|pennies|francs?|yen|rupees?|bucks|free|nothing"
_SOME = "half|quarter|third|no|none|nobody|one|single|both|most|few|many|several|dozens?"
_SIDES = {"long", "high", "tall", "deep", "wide", "broad", "thick", "old", "away"}


def _units(of: str, sides: str = "") -> str:
    """Return what an amount of these units looks like: "half an hour", but not "eggs an hour".

    Told of another side than is asked for, "four hundred metres long", it is none.
    """
    others = "|".join(sorted(_SIDES - set(sides.split("|")))) if sides else "$^"
    amount = r"(?:#\S+|half an?|few|several|some|couple of|one|(?<!s )an?)"
    return rf"{amount} (?:{of})(?!\w)(?! (?:{others})\b)"


def _words(of: str) -> str:
    return rf"(?<!\w)(?:{of})(?!\w)"


_SPAN = f"{_units(_TIME)}|{_words('forever|for ever|until|since|as long as|(?:all|whole) (?:day|night|year|life|time)')}"
_WHEN = f"{_words('|'.join((_MONTH, _DAY, _CLOCK, _YEAR, _PART, _TURN)))}|{_units(_TIME)}"

# The first whose words a question has decides; both sides are read as `marked` writes them.
_KINDS = [
    (re.compile(asked), re.compile(answer))
    for asked, answer in (
        (r"how much .*\b(?:costs?|pay|paid|worth|earn|charged?)\b|\bprice\b", f"[$£€¥₹]|{_words(_MONEY)}"),
        (r"how (?:long|much time) (?:do|does|did|has|have|had|will|would|must|should|can)\b", _SPAN),
        (r"how long\b", f"{_units(_LENGTH, 'long')}|{_SPAN}"),
        (r"how old\b|\bwhat age\b", f"{_units(_TIME)}|{_words(_YEAR)}|\\baged?\\b"),
        (r"how (?:high|tall)\b", f"{_units(_LENGTH, 'high|tall')}|as (?:high|tall) as"),
        (r"how deep\b", f"{_units(_LENGTH, 'deep')}|as deep as"),
        (r"how (?:wide|broad)\b", f"{_units(_LENGTH, 'wide|broad')}|as (?:wide|broad) as"),
        (r"how far\b", f"{_units(f'{_LENGTH}|{_TIME}', 'away')}|as far as"),
        (r"how fast\b", f"{_units(_SPEED)}|as fast as"),
        (r"how (?:hot|warm|cold)\b|\bwhat temperature\b", f"{_units(_HEAT)}|as (?:hot|warm|cold) as|freezing|boiling"),
        (r"how heavy\b|how much .*\bweighs?\b", f"{_units(_WEIGHT)}|as (?:heavy|much) as"),
        (r"(?:what|which) year\b", _words(_YEAR)),
        (r"(?:what|which) time\b|\bwhat hour\b", _words(_CLOCK)),
        (r"(?:what|which) (?:day|date|month)\b|^when\b", _WHEN),
        (r"(?:what|which) colou?r\b", _words(_COLOURS)),
    )
]  # fmt: skip

_HOW_MANY = re.compile(r"\bhow many (?:of )?(?:the |these |those )?(\w+)")
_NO_COUNT = re.compile(rf"{_words(_CLOCK)}|\b(?:in|since) #(?:1\d{{3}}|20\d\d)\b")
_COUNTED = re.compile(r"#\S+ (\w+s)\b")

_WHO = re.compile(r"^(?:\w+ )?(?:who|whom|whose)\b")
_WHICH = re.compile(
    r"\bwhich (\w+)|\bwhat (\w+) (?:is|are|was|were|do|does|did|can|should|will|must)\b"
)
_GENERAL = frozenset({"kind", "sort", "type", "part", "thing", "things", "side", "place", "one"})
_RULERS = frozenset({"king", "queen", "president", "emperor", "pope", "minister"})
_CLEAR = 0.6
"""A text as near to the question as this needs no word of its own for what is asked."""

_THE_MOST = re.compile(
    r"\bthe (?:\w+ )?(?:\w{2,}est|best|worst|most|least)\b(?! (?:way|thing|time) (?:to|of|for)\b)"
)
_SINGLED_OUT = re.compile(
    r"\b(?:\w{2,}est|best|worst|(?:most|least)(?! people\b)|first|last|only|record|than|top|favou?rite)\b"
)
_NO_SUPERLATIVE = re.compile(
    r"\b(?:arr|br|ch|cont|for|gu|harv|hon|inter|inv|jest|mod|n|northw|pri|prot|qu|r|requ|southw|"
    r"sugg|t|w)est\b"
)


def fits(question: str, text: str, near: Nearness | None) -> bool:
    """Tell whether a text holds the kind of thing that a question wants; raises as `near` does."""
    if not support.english(text):
        return True
    asked = marked(question)
    return (
        _holds(asked, marked(text))
        and _counts(asked, marked(text), near)
        and _singles_out(asked, text.lower())
        and _names(question, asked, text, near)
    )


def _holds(asked: str, said: str) -> bool:
    """Tell whether a text has the measure, time or colour that is asked for, if one is."""
    return next(
        (bool(answer.search(said)) for wanted, answer in _KINDS if wanted.search(asked)), True
    )


def _counts(asked: str, said: str, near: Nearness | None) -> bool:
    """Tell whether a text may count what is asked for: "three daughters" are no number of boats."""
    what = _HOW_MANY.search(asked)
    if not what:
        return True
    counts = _NO_COUNT.sub("", said)
    others = [other for other in _COUNTED.findall(counts) if not support.met(what[1], other, near)]
    return len(others) < len(re.findall("#", counts)) or bool(re.search(_words(_SOME), said))


def _singles_out(asked: str, said: str) -> bool:
    """Tell whether a text says of anything that it is the most, if that is asked for."""
    if not _THE_MOST.search(_NO_SUPERLATIVE.sub("", asked)):
        return True
    return bool(_SINGLED_OUT.search(_NO_SUPERLATIVE.sub("", said)))


def _names(question: str, asked: str, text: str, near: Nearness | None) -> bool:
    """Tell whether a text has who, or one of those of which one is asked for."""
    which = _WHICH.search(asked)
    noun = (which[1] or which[2]) if which else ""
    if _WHO.search(asked) or names.wanted(question) or noun in _RULERS:
        return names.somebody(question, text, near)
    measured = any(wanted.search(asked) for wanted, _ in _KINDS)  # which day
    if noun in support.content(question) - _GENERAL and not measured:
        return support.met(noun, text, near) or bool(near and near(question, text) >= _CLEAR)
    return True
