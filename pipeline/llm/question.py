"""A question about one video, answered from its evidence alone, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps

import msgspec

from pipeline.contract import LanguageModel
from pipeline.llm import evidence, support
from pipeline.llm.client import InvalidReply, Prompt
from pipeline.llm.evidence import Evidence
from pipeline.llm.replies import BadCitation, Purse, cited, consult, decode, schema

VERSION = 1
"""Of the words below: a new one makes new answers."""
ANSWER_TOKENS = 400
_MOST_CHARS = 2000

_SYSTEM = """\
You answer a question about one video from numbered lines of evidence taken from it.
{rules}
Reply with one JSON object and nothing else:
{{"evidence": [numbers of the lines], "answer": "one to three sentences", "found": true}}
where "evidence" names every line that the answer rests on, and the answer keeps to their words \
and their language. If the evidence does not answer the question, reply \
{{"evidence": [], "answer": "", "found": false}}. Never guess."""


class _Reply(msgspec.Struct):
    # Written in this order: a model that has named its evidence answers from that.
    evidence: list[int]
    answer: str
    found: bool


@dataclass(frozen=True)
class Answer:
    """An answer with what it rests on, or why there is none."""

    text: str = ""
    """Plain text, never to be shown as markup; empty where it is refused."""
    citations: tuple[Evidence, ...] = ()
    """In order of time; none where it is refused."""
    code: str = ""
    """`not_answered`: the model finds nothing that answers it. `unsupported`: what it cites does
    not bear out what it says."""


def room(call_tokens: int) -> int:
    """Return how many tokens the evidence of a call may have."""
    return call_tokens - Prompt(_SYSTEM + evidence.RULES, "x" * 1500, {}, ANSWER_TOKENS).tokens


def key(server: LanguageModel, question: str, lines: Sequence[Evidence]) -> str:
    """Return the hash by which an answer is known: equal for all that a prompt says alike."""
    told = [evidence.line(number, one) for number, one in enumerate(lines, 1)]
    said = [VERSION, server.model, _SYSTEM, evidence.RULES, evidence.clean(question), told]
    return sha256(dumps(said).encode()).hexdigest()


def prompt(question: str, lines: Sequence[Evidence]) -> Prompt:
    """Return what is asked of the model."""
    code = evidence.code()
    asked = dumps(evidence.clean(question), ensure_ascii=False)
    return Prompt(
        system=_SYSTEM.format(rules=evidence.RULES.format(code=code)),
        user=f"{evidence.fenced(lines, code)}\nQUESTION {asked}",
        schema=schema(_Reply),
        answer_tokens=ANSWER_TOKENS,
    )


def answer(server: LanguageModel, question: str, lines: Sequence[Evidence], purse: Purse) -> Answer:
    """Ask the model.

    Raises `InvalidReply` for two replies that are none, and as `complete` and `purse` do.
    """
    try:
        return consult(
            server, prompt(question, lines), purse, lambda text, _: _read(text, question, lines)
        )
    except BadCitation:
        return Answer(code="unsupported")


def _read(text: str, question: str, lines: Sequence[Evidence]) -> Answer:
    reply = decode(text, _Reply)
    if not reply.found:
        return Answer(code="not_answered")
    said = evidence.visible(reply.answer)
    if not said or len(said) > _MOST_CHARS:
        raise InvalidReply("its answer is empty or far too long")
    found = [
        one
        for one in cited(reply.evidence, lines)
        if support.related(one.text, said) or support.related(one.text, question)
    ]
    if not found or not support.supported(said, [one.text for one in found], question):
        return Answer(code="unsupported")
    return Answer(said, tuple(found))
