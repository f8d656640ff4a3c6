"""Asking the language model about a video.

The call is made in the thread of the request, which waits for seconds: only so many threads may,
and no transaction is open meanwhile.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from pipeline.contract import LanguageModel
from pipeline.embedding import NoVector
from pipeline.errors import StageError, TransientError
from pipeline.llm import question as prompts
from pipeline.llm.client import InvalidReply
from pipeline.llm.evidence import Evidence, fit
from pipeline.llm.support import Nearness
from videos.errors import VideosError
from videos.models import LlmAnswer, Video
from videos.selectors import evidence_list, llm_answer, llm_server, nearness
from videos.services.budget import WorkspacePurse

T = TypeVar("T")

_RETRY_S = 10
_places = threading.BoundedSemaphore(settings.WEB_QUESTIONS)


class LlmOff(VideosError):
    """This server asks no language model."""

    code = "llm_off"


class LlmUnavailable(VideosError):
    """The model's server does not answer, or not now."""

    code = "llm_unavailable"

    def __init__(self, message: str, *, retry_after_s: float = _RETRY_S) -> None:
        super().__init__(message)
        self.retry_after_s = max(1.0, retry_after_s)


class LlmRefused(VideosError):
    """The model's server does not take our requests: a setting is wrong."""

    code = "llm_refused"


class LlmInvalidAnswer(VideosError):
    """The model twice replied what was not asked for."""

    code = "llm_invalid_answer"


class TooManyQuestions(VideosError):
    """As many questions as may be at once are with the model."""

    code = "too_many_questions"
    retry_after_s = 5


def question_ask(*, video: Video, question: str) -> tuple[LlmAnswer, bool]:
    """Return the answer to a question about a video, or its refusal, and whether it was given before.

    Where nothing in the video has to do with the question, or whom it names is never named, nobody is
    asked, and the row not saved.
    Raises `LlmOff`, `LlmUnavailable`, `LlmRefused`, `LlmInvalidAnswer`, `LlmBudgetSpent`,
    `TooManyQuestions`, `Video.DoesNotExist` where it is deleted meanwhile.
    """
    server = llm_server()
    if server is None:
        raise LlmOff(
            "This server asks no language model. Whoever runs it switches it on with "
            "LLM_BASE_URL and LLM_MODEL."
        )
    best_first = evidence_list(video=video, question=question)
    lines = fit(best_first, prompts.room(settings.LLM_CALL_TOKENS))
    row = LlmAnswer(
        workspace=video.workspace,
        video=video,
        prompt_hash=prompts.key(server, question, lines),
        question=question,
        citations=[],
        model=server.model,
        prompt_version=prompts.VERSION,
    )
    if lines and (known := llm_answer(video=video, prompt_hash=row.prompt_hash)):
        return known, True
    if not lines or _by_meaning(lambda near: prompts.strange(question, lines, near)):
        row.refusal = "no_evidence"
        return row, False
    reply = _asked(server, question, lines, WorkspacePurse(video.workspace_id))
    answer = _by_meaning(lambda near: prompts.judge(question, lines, reply, near))
    row.answer, row.refusal, row.quoted = answer.text, answer.code, answer.quoted
    row.citations = [_citation(one) for one in answer.citations]
    _keep(row)
    return row, False


def _by_meaning(judge: Callable[[Nearness | None], T]) -> T:
    """Return what `judge` makes of it; words alone judge where nothing can embed."""
    try:
        return judge(nearness)
    except NoVector:
        return judge(None)


def _asked(
    server: LanguageModel, question: str, lines: list[Evidence], purse: WorkspacePurse
) -> prompts.Reply:
    try:
        with _place():
            return prompts.ask(server, question, lines, purse)
    except TransientError as error:
        raise LlmUnavailable(
            error.message, retry_after_s=error.retry_after_s or _RETRY_S
        ) from error
    except StageError as error:
        raise LlmRefused(error.message) from error
    except InvalidReply as error:
        message = f"The language model gives no valid answer: {error}. Put it in other words."
        raise LlmInvalidAnswer(message) from error


@contextmanager
def _place() -> Iterator[None]:
    """Hold one of the threads that may wait for the model. Raises `TooManyQuestions`."""
    if not _places.acquire(blocking=False):
        raise TooManyQuestions("Too many questions are with the language model. Ask again soon.")
    try:
        yield
    finally:
        _places.release()


@transaction.atomic
def _keep(row: LlmAnswer) -> None:
    """Store an answer; who asked the same meanwhile was first. Raises `Video.DoesNotExist`."""
    Video.objects.select_for_update(no_key=True).get(id=row.video_id)
    LlmAnswer.objects.bulk_create([row], ignore_conflicts=True)


def _citation(one: Evidence) -> dict[str, Any]:
    return {"start_ms": one.start_ms, "end_ms": one.end_ms, "text": one.text, "kind": one.kind}
