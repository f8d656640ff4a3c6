"""What a video is about, in a language model's words, each sentence with the spans it rests on.

Map and reduce: every part of the video is told in a few sentences from its own lines, and the
whole from these. Nothing is shown that cites nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from json import dumps
from typing import TypeVar

import msgspec

from pipeline.contract import LanguageModel
from pipeline.llm import evidence, support
from pipeline.llm.client import InvalidReply, Prompt, estimate
from pipeline.llm.evidence import Evidence
from pipeline.llm.replies import BadCitation, Purse, cited, consult, decode, schema
from pipeline.results import AbstractSentence

T = TypeVar("T")

VERSION = 2
"""Of the words below: a new one makes new abstracts."""
ANSWER_TOKENS = 700
_MOST_SENTENCES = 8
_LONGEST_SENTENCE = 400
_LONGEST_TITLE = 80
# Parts with less room than this for their lines are told together.
_LEAST_ROOM = 250

_PART = """\
You tell what one part of a video is about, from numbered lines of evidence taken from it.
Reply with one JSON object and nothing else:
{{"title": "at most eight words", "sentences": [{{"evidence": [numbers], "text": "a sentence"}}]}}
with one to three sentences, each naming the numbers of all lines that it rests on, and keeping to \
their words and their language. Leave out what does not matter. Never guess.
{rules}"""

_WHOLE = """\
You tell what a video is about, from numbered sentences that tell of its parts, in their order.
Reply with one JSON object and nothing else:
{{"sentences": [{{"evidence": [numbers], "text": "a sentence"}}]}}
with two to six sentences, each naming the numbers of all lines that it rests on, and keeping to \
their words and their language. Leave out what does not matter. Never guess.
{rules}"""


class _Sentence(msgspec.Struct):
    evidence: list[int]
    text: str


class _PartReply(msgspec.Struct):
    title: str
    sentences: list[_Sentence]


class _WholeReply(msgspec.Struct):
    sentences: list[_Sentence]


@dataclass(frozen=True)
class Part:
    """A stretch of the video, to be told by itself."""

    span: tuple[int, int] | None
    """Of the chapter that it is; None: it is none, or several, and gets no title."""
    lines: tuple[Evidence, ...]


@dataclass(frozen=True)
class Told:
    """A part, or the whole, in the model's words."""

    sentences: tuple[AbstractSentence, ...]
    title: str = ""


Remember = Callable[[str, Callable[[], Told]], Told]
"""Returns what was told under a key before, or has it told now."""


def parts(
    lines: Sequence[Evidence],
    chapters: Sequence[tuple[int, int]],
    *,
    call_tokens: int,
    video_tokens: int,
) -> list[Part]:
    """Return the parts to tell, such that each fits into a call and all, with the whole, together.

    Without chapters the whole is one part. Where the budget leaves chapters too little, neighbours
    are told together; of lines that are still too many an even choice is taken.
    """
    spans = chapters or [(0, max(line.end_ms for line in lines))]
    found = [
        Part(span if chapters else None, own)
        for span in spans
        if (own := tuple(one for one in lines if span[0] <= one.start_ms < span[1]))
    ]
    overhead = Prompt(_PART + evidence.RULES, "x" * 300, {}, ANSWER_TOKENS).tokens

    def room() -> int:
        return min(call_tokens, video_tokens // (len(found) + 1)) - overhead

    while len(found) > 1 and room() < _LEAST_ROOM:
        paired = [found[at : at + 2] for at in range(0, len(found), 2)]
        found = [_joined(pair) for pair in paired]
    return [Part(part.span, tuple(thinned(part.lines, room()))) for part in found]


def _joined(pair: Sequence[Part]) -> Part:
    return pair[0] if len(pair) == 1 else Part(None, pair[0].lines + pair[1].lines)


def thinned(lines: Sequence[Evidence], tokens: int) -> list[Evidence]:
    """Return as many lines as `tokens` hold, chosen evenly; at least one."""
    needed = sum(estimate(evidence.line(999, one)) for one in lines)
    if needed <= tokens:
        return list(lines)
    kept = max(1, int(len(lines) * max(tokens, 0) / needed))
    places = [at * kept // len(lines) for at in range(len(lines) + 1)]
    return [one for one, (here, then) in zip(lines, pairwise(places), strict=True) if then > here]


def tell_part(server: LanguageModel, part: Part, purse: Purse, remember: Remember) -> Told:
    """Have a part told.

    Raises `InvalidReply` where two replies hold no sentence that its lines bear out, and as
    `complete` and `purse` do.
    """

    def read(text: str, last: bool) -> Told:
        reply = decode(text, _PartReply)
        sentences = _believed(reply.sentences, part.lines, last)
        return Told(sentences, _title(reply.title, part) if part.span else "")

    return remember(
        _key(server, _PART, part.lines),
        lambda: consult(server, _prompt(_PART, part.lines, _PartReply), purse, read),
    )


def tell_whole(
    server: LanguageModel, told: Sequence[Told], tokens: int, purse: Purse, remember: Remember
) -> Told:
    """Have the whole told from its parts; of one part that is done. Raises as `tell_part` does."""
    if len(told) == 1:
        return Told(told[0].sentences)
    every = {_as_line(one): one for part in told for one in part.sentences}
    overhead = Prompt(_WHOLE + evidence.RULES, "x" * 300, {}, ANSWER_TOKENS).tokens
    lines = thinned(list(every), tokens - overhead)

    def read(text: str, last: bool) -> Told:
        return Told(_believed(decode(text, _WholeReply).sentences, lines, last, every))

    return remember(
        _key(server, _WHOLE, lines),
        lambda: consult(server, _prompt(_WHOLE, lines, _WholeReply), purse, read),
    )


def _as_line(sentence: AbstractSentence) -> Evidence:
    return Evidence(sentence.spans[0][0], sentence.spans[-1][1], sentence.text, "part")


def _prompt(system: str, lines: Sequence[Evidence], kind: type[msgspec.Struct]) -> Prompt:
    code = evidence.code()
    return Prompt(
        system=system.format(rules=evidence.RULES.format(code=code)),
        user=evidence.fenced(lines, code),
        schema=schema(kind),
        answer_tokens=ANSWER_TOKENS,
    )


def _key(server: LanguageModel, system: str, lines: Sequence[Evidence]) -> str:
    told = [(evidence.line(number, one), one.end_ms) for number, one in enumerate(lines, 1)]
    return sha256(dumps([VERSION, server.model, system, evidence.RULES, told]).encode()).hexdigest()


def _believed(
    said: Iterable[_Sentence],
    lines: Sequence[Evidence],
    last: bool,
    spans: dict[Evidence, AbstractSentence] | None = None,
) -> tuple[AbstractSentence, ...]:
    """Return the sentences that their lines bear out.

    A bad one makes the reply invalid; in the `last` it is left out, as long as others remain.
    """
    found: list[AbstractSentence] = []
    trouble: InvalidReply | None = None
    for one in list(said)[:_MOST_SENTENCES]:
        try:
            found.append(_sentence(one, lines, spans or {}))
        except InvalidReply as error:
            trouble = error
    if trouble and not (last and found):
        raise trouble
    if not found:
        raise InvalidReply("it has no sentence")
    return tuple(found)


def _sentence(
    one: _Sentence, lines: Sequence[Evidence], spans: dict[Evidence, AbstractSentence]
) -> AbstractSentence:
    text = evidence.visible(one.text)
    if not text or len(text) > _LONGEST_SENTENCE:
        raise InvalidReply("a sentence is empty or far too long")
    rests_on = cited(one.evidence, lines)
    if not support.supported(text, [line.text for line in rests_on]):
        raise BadCitation("a sentence says what the lines that it cites do not")
    found = {
        span
        for line in rests_on
        for span in (spans[line].spans if line in spans else [(line.start_ms, line.end_ms)])
    }
    return AbstractSentence(text, tuple(sorted(found)))


def _title(title: str, part: Part) -> str:
    """Return the title, or nothing where it has nothing to do with the part's lines."""
    shown = evidence.visible(title).strip("\"'“”.")
    fits = 0 < len(shown) <= _LONGEST_TITLE
    return shown if fits and support.supported(shown, [one.text for one in part.lines]) else ""
