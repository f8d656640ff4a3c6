"""From what a model wrote to what was asked of it, or the news that it is not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import msgspec

from pipeline.contract import LanguageModel
from pipeline.llm.client import InvalidReply, Prompt, complete
from pipeline.llm.evidence import Evidence

T = TypeVar("T")

# What some models think aloud comes before what they reply.
_THOUGHT = re.compile(r"^.*</think>", re.DOTALL)


class BadCitation(InvalidReply):
    """It cites evidence that is not there, or none."""


class Purse(Protocol):
    """What may be spent."""

    def reserve(self, tokens: int) -> None:
        """Set `tokens` aside, or raise because there are not so many."""

    def settle(self, reserved: int, spent: int) -> None:
        """Book what was spent of what was set aside."""


def consult(
    server: LanguageModel, prompt: Prompt, purse: Purse, read: Callable[[str, bool], T]
) -> T:
    """Return what `read` makes of the model's reply; one that it finds invalid is asked for anew.

    `read` is told whether it is the last. Raises `InvalidReply` where that is invalid too, and as
    `complete` and `Purse.reserve` do.
    """
    try:
        return read(_paid(server, prompt, purse), False)
    except InvalidReply as problem:
        note = f"An earlier reply was not valid: {problem}. Reply with the JSON object asked for."
        return read(_paid(server, replace(prompt, user=f"{prompt.user}\n\n{note}"), purse), True)


def _paid(server: LanguageModel, prompt: Prompt, purse: Purse) -> str:
    purse.reserve(prompt.tokens)
    spent = 0
    try:
        reply = complete(server, prompt)
        spent = reply.tokens
        return reply.text
    except InvalidReply:
        spent = prompt.tokens  # whatever it was, it was made
        raise
    finally:
        purse.settle(prompt.tokens, spent)


def decode(text: str, kind: type[T]) -> T:
    """Return the one JSON object in `text`, which may stand in prose or a fence of Markdown.

    Raises `InvalidReply` where there is none, or another.
    """
    text = _THOUGHT.sub("", text)
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise InvalidReply("it holds no JSON object")
    try:
        return msgspec.json.decode(text[start : end + 1], type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidReply("its JSON is not of the form asked for") from None


def cited(numbers: Sequence[int], lines: Sequence[Evidence]) -> list[Evidence]:
    """Return the lines of those numbers, each once, in order of time.

    Raises `BadCitation` where there are none, or one that was never given.
    """
    if not numbers:
        raise BadCitation("a sentence cites no evidence")
    if any(not 1 <= number <= len(lines) for number in numbers):
        raise BadCitation("it cites a line that is not there")
    return [lines[number - 1] for number in sorted(set(numbers))]


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of a reply, in the strict form that servers want."""
    found = msgspec.json.schema(kind)
    strict: dict[str, Any] = _strict({"$ref": found["$ref"]}, found["$defs"])
    return strict


def _strict(node: Any, known: dict[str, Any]) -> Any:
    """Return a schema without references and defaults, whose objects have no other members."""
    if isinstance(node, list):
        return [_strict(one, known) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(known[node["$ref"].rpartition("/")[2]], known)
    clean = {
        key: _strict(value, known)
        for key, value in node.items()
        if key not in ("default", "title", "description")
    }
    if clean.get("type") == "object":
        clean |= {"additionalProperties": False, "required": list(clean["properties"])}
    return clean
