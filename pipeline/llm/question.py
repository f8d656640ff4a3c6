"""A question about one video, answered from its evidence alone, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps

import msgspec

from pipeline.contract import LanguageModel
from pipeline.llm import bearing, evidence, kinds, names
from pipeline.llm.client import InvalidReply, Prompt
from pipeline.llm.evidence import Evidence
from pipeline.llm.replies import Purse, consult, decode, schema
from pipeline.llm.support import Nearness

VERSION = 3
"""Of the words below, and of how a reply is judged: a new one makes new answers."""
ANSWER_TOKENS = 300
_MOST_CHARS = 2000

# The examples are what small models go by. Refusing is the last thing said before the evidence.
_SYSTEM = """\
You answer a question about one video from numbered lines of evidence taken from it.
Reply with one JSON object and nothing else:
{{"evidence": [numbers of the lines that state the answer], "answer": "the answer, in their words \
and their language"}}
Lines about the same thing that do not state what is asked are no answer.
For example, of the lines
[1] 0:05 cue "The bakery opens at six."
[2] 0:09 cue "Anna has run it since 2011."
"Since when has Anna run the bakery?" gets {{"evidence": [2], "answer": "Since 2011."}}
"How old is Anna?" gets {{"evidence": [], "answer": ""}}
"When does the bakery open?" gets {{"evidence": [1], "answer": "At six."}}
"Who built the bakery?" gets {{"evidence": [], "answer": ""}}
{rules}
If they do not state the answer, reply {{"evidence": [], "answer": ""}}. Never guess."""


class Reply(msgspec.Struct):
    """What a model says."""

    # Written in this order: a model that has named its evidence answers from that.
    evidence: list[int]
    answer: str


@dataclass(frozen=True)
class Answer:
    """An answer with what it rests on, or why there is none."""

    text: str = ""
    """Plain text, never to be shown as markup; empty where it is refused."""
    citations: tuple[Evidence, ...] = ()
    """In order of time; none where it is refused."""
    code: str = ""
    """`not_answered`: the model finds nothing that answers it. `unsupported`: nothing bears out
    what it says."""
    quoted: bool = False
    """The text is the cited line itself: the model found an answer, in words that do not hold."""


def room(call_tokens: int) -> int:
    """Return how many tokens the evidence of a call may have."""
    return call_tokens - Prompt(_SYSTEM + evidence.RULES, "x" * 1500, {}, ANSWER_TOKENS).tokens


def key(server: LanguageModel, question: str, lines: Sequence[Evidence]) -> str:
    """Return the hash by which an answer is known: equal for all that a prompt says alike."""
    told = [evidence.line(number, one) for number, one in enumerate(lines, 1)]
    said = [VERSION, server.model, _SYSTEM, evidence.RULES, evidence.clean(question), told]
    return sha256(dumps(said).encode()).hexdigest()


def strange(question: str, lines: Sequence[Evidence], near: Nearness | None) -> bool:
    """Tell whether a question is about somebody or something that the video never names.

    Raises as `near` does.
    """
    texts = [evidence.clean(one.text) for one in lines]
    return bool(names.strange(evidence.clean(question), texts, near))


def prompt(question: str, lines: Sequence[Evidence]) -> Prompt:
    """Return what is asked of the model."""
    code = evidence.code()
    asked = dumps(evidence.clean(question), ensure_ascii=False)
    form = schema(Reply)
    form["properties"]["evidence"]["items"]["enum"] = list(range(1, len(lines) + 1))
    return Prompt(
        system=_SYSTEM.format(rules=evidence.RULES.format(code=code)),
        user=f"{evidence.fenced(lines, code)}\nQUESTION {asked}",
        schema=form,
        answer_tokens=ANSWER_TOKENS,
    )


def ask(server: LanguageModel, question: str, lines: Sequence[Evidence], purse: Purse) -> Reply:
    """Return what the model replies, which nobody has judged yet.

    Raises `InvalidReply` for two replies that are none, and as `complete` and `purse` do.
    """

    def read(text: str, _last: bool) -> Reply:
        reply = decode(text, Reply)
        if len(reply.answer) > _MOST_CHARS:
            raise InvalidReply("its answer is far too long")
        return reply

    return consult(server, prompt(question, lines), purse, read)


def judge(question: str, lines: Sequence[Evidence], reply: Reply, near: Nearness | None) -> Answer:
    """Return the answer, as far as the lines bear it out; raises as `near` does.

    `near` tells how near two texts are in meaning; None: nothing can tell.
    """
    said = evidence.visible(reply.answer)
    if not said:
        return Answer(code="not_answered")
    asked = evidence.clean(question)
    named = [lines[n - 1] for n in sorted(set(reply.evidence)) if 1 <= n <= len(lines)]
    rests_on = bearing.found(asked, said, named, lines, near)
    if rests_on and kinds.fits(asked, said, near):
        return Answer(said, tuple(rests_on))
    if near and (clear := bearing.clearest(asked, lines, near)):
        return Answer(evidence.clean(clear.text), (clear,), quoted=True)
    return Answer(code="unsupported")
