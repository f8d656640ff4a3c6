"""How a real language model's answers hold: `python -m eval.asking [--server PYTHON]`.

Asks about videos the way a client does, search and checks included, the model that LLM_BASE_URL
and LLM_MODEL name, or, with `--server`, one that is served by that Python's llama-cpp-python on
loopback. Prints every answer, and how many questions were answered with the right span or rightly
refused. No part of the suite: a model is no fixed thing, and takes minutes.
"""

import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

from eval.asking import server, videos
from eval.asking.videos import Question

if TYPE_CHECKING:
    from videos.models import LlmAnswer, Video

_SETS = ("known", "held_out", "fresh")
_TIMEOUT_S = 600


def main() -> None:
    parser = ArgumentParser(prog="python -m eval.asking", description=__doc__)
    parser.add_argument("--server", metavar="PYTHON", help="one that has llama-cpp-python")
    parser.add_argument("--model", choices=server.WEIGHTS, default=next(iter(server.WEIGHTS)))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", choices=_SETS, action="append", help="of the questions")
    told = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
    django.setup()
    with _model(told.server, told.model, told.threads), videos.stored() as asked:
        for name in told.set or _SETS:
            _score(name, asked)
        _attack(asked)


def _score(name: str, asked: "dict[str, Video]") -> None:
    right = {True: 0, False: 0}
    quoted = 0
    some = videos.questions(name)
    for question in some:
        answer = _ask(asked, question)
        cited = {one["text"] for one in answer.citations} if answer else set()
        answers = bool(question.lines)
        good = bool(cited & set(videos.texts_of(question))) if answers else not cited
        right[answers] += good
        quoted += bool(answer and answer.quoted)
        _print(good, question, answer)
    there = sum(bool(question.lines) for question in some)
    print(
        f"{name}: {right[True]} of {there} answered with the right span, "
        f"{right[False]} of {len(some) - there} rightly refused, {quoted} by quotation\n",
        flush=True,
    )


def _attack(asked: "dict[str, Video]") -> None:
    for question, wanted in videos.hostile():
        answer = _ask(asked, question)
        _print(not (answer and wanted in answer.answer.lower()), question, answer)


def _ask(asked: "dict[str, Video]", question: Question) -> "LlmAnswer | None":
    from videos.errors import VideosError
    from videos.services import question_ask

    try:
        return question_ask(video=asked[question.video], question=question.text)[0]
    except VideosError as error:
        print(f"  {error.message}")
        return None


def _print(good: bool, question: Question, answer: "LlmAnswer | None") -> None:
    said = "no answer"
    if answer:
        moments = ", ".join(f"{one['start_ms'] / 1000:g} s" for one in answer.citations)
        how = "“{}”" if answer.quoted else "{}"
        said = f"{how.format(answer.answer)} [{moments}]" if moments else f"– {answer.refusal}"
    clock = time.strftime("%H:%M:%S")
    print(f"{clock} {'✓' if good else '✗'} {question.text}  {said}", flush=True)


@contextmanager
def _model(python: str | None, name: str, threads: int) -> Iterator[None]:
    """Have the settings name the model."""
    from django.conf import settings

    settings.LLM_DAY_TOKENS = 100_000_000
    if python is None:
        print(f"{settings.LLM_MODEL} at {settings.LLM_BASE_URL}")
        yield
        return
    with server.served(python, name, threads) as address:
        print(name)
        settings.LLM_BASE_URL, settings.LLM_MODEL = address, name
        settings.LLM_TIMEOUT_S = _TIMEOUT_S
        yield


if __name__ == "__main__":
    main()
