"""One call to the operator's language model, over the protocol that OpenAI's server speaks."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from typing import TYPE_CHECKING, Any, Self

import msgspec

from pipeline.contract import LanguageModel
from pipeline.errors import StageError, TransientError

if TYPE_CHECKING:
    import httpx2
    import openai

# An answer of ours has a few thousand characters; what is longer is no answer. Nor has a call more
# tokens than so many, whatever its server counts.
_MOST_BYTES = 1 << 20
# These pass, as does whatever is 500 or more.
_PASSING = {408, 409, 425, 429}
# To what they do not know servers say that it is wrong; llama-cpp-python's, that it failed.
_NOT_THIS_WAY = {400, 422, 500}


@dataclass(frozen=True)
class Prompt:
    """What is asked of a model."""

    system: str
    user: str
    schema: Mapping[str, Any]
    """JSON schema of the reply; servers that know schemas hold the model to it."""
    answer_tokens: int
    """So many the reply may have."""

    @property
    def tokens(self) -> int:
        """How many the call takes at most, by a cautious guess."""
        return estimate(self.system) + estimate(self.user) + self.answer_tokens


@dataclass(frozen=True)
class Reply:
    text: str
    tokens: int
    """Spent on prompt and reply, as the server counts, or by a guess where it does not."""


class InvalidReply(Exception):
    """The reply is not what was asked for; the text says what is wrong, and is ours alone."""


class _Usage(msgspec.Struct):
    total_tokens: int = 0


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Trouble(msgspec.Struct):
    code: Any = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: _Trouble | str | None = None
    """Routers between us and a model say 200, and then that it went wrong."""


class _Deadline:
    """Cuts a call's connections when its time is over, whatever is under way.

    Timeouts of clients are between bytes: a server that trickles its headers is always in time.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._sockets: list[socket.socket] = []
        self._timer = Timer(seconds, self._cut)

    def watch(self, request: "httpx2.Request") -> None:
        """Learn of the connection that `request` is sent over."""
        request.extensions["trace"] = self._connected

    def _connected(self, event: str, told: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            # A copy: encryption will take the socket itself away.
            self._sockets.append(told["return_value"].get_extra_info("socket").dup())
            if self.over:
                self._cut()

    def _cut(self) -> None:
        self.over = True
        for one in list(self._sockets):
            with suppress(OSError):  # it ended by itself
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()
        for one in self._sockets:
            one.close()


def estimate(text: str) -> int:
    """Return how many tokens `text` has at most, or hardly more: no tokenizer is at hand.

    Three bytes a token: English has four, Chinese three.
    """
    return len(text.encode()) // 3 + 1


def complete(server: LanguageModel, prompt: Prompt) -> Reply:
    """Return what the model replies; no proxy of the environment, no redirect, no retry.

    Raises `TransientError` (`llm_unavailable`) where it may go better later, `StageError`
    (`llm_refused`) where the server does not want this request, `InvalidReply` for an answer that
    is none.
    """
    import httpx2
    import openai

    deadline = _Deadline(server.timeout_s)
    http = openai.DefaultHttpxClient(
        timeout=server.timeout_s,
        trust_env=False,
        follow_redirects=False,
        verify=_encryption(),
        event_hooks={"request": [deadline.watch], "response": [_without_reasons]},
    )
    try:
        with (
            deadline,
            openai.OpenAI(
                base_url=server.base_url,
                api_key=server.api_key or "none",
                max_retries=0,
                timeout=server.timeout_s,
                http_client=http,
            ) as client,
        ):
            body = _answered(client, server, prompt)
    except openai.APIStatusError as error:
        raise _refusal(
            error.status_code, _seconds(error.response.headers.get("Retry-After", ""))
        ) from error
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        if deadline.over:
            raise _too_slow() from error
        why = type(error.__cause__ or error).__name__
        message = f"The language model's server does not answer ({why}): try again later."
        raise TransientError("llm_unavailable", message) from error
    if deadline.over:  # a body whose length nobody told ends when it is cut
        raise _too_slow()
    return _reply(body, prompt)


def _without_reasons(response: "httpx2.Response") -> None:
    """Leave a refusal's body unread: openai would read it all, however long it is or takes."""
    if not response.is_success:
        response.close()


@cache
def _encryption() -> ssl.SSLContext:
    """Certificates as the system trusts them, or `SSL_CERT_FILE`; reading them takes a while."""
    return ssl.create_default_context()


def _strictly(prompt: Prompt) -> dict[str, Any]:
    """Hold the model to a schema, as OpenAI, vLLM, Ollama and llama.cpp do."""
    schema = {"name": "reply", "strict": True, "schema": dict(prompt.schema)}
    return {
        "max_tokens": prompt.answer_tokens,
        "temperature": 0,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _as_object(prompt: Prompt) -> dict[str, Any]:
    """Hold it to JSON, and where llama-cpp-python serves it to the schema."""
    return {
        "max_tokens": prompt.answer_tokens,
        "temperature": 0,
        "response_format": {"type": "json_object", "schema": dict(prompt.schema)},
    }


def _plainly(prompt: Prompt) -> dict[str, Any]:
    """Ask for nothing that a server may not know; some models allow no temperature."""
    return {"max_completion_tokens": prompt.answer_tokens}


_WAYS = (_strictly, _as_object, _plainly)


def _answered(client: "openai.OpenAI", server: LanguageModel, prompt: Prompt) -> bytes:
    """Return the body that the server answers with, asked in the first way that it knows."""
    import openai

    for way in _WAYS:
        try:
            with client.chat.completions.with_streaming_response.create(
                model=server.model,
                messages=[
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
                stream=False,
                **way(prompt),
            ) as response:
                return _read(response.iter_bytes())
        except openai.APIStatusError as error:
            if error.status_code not in _NOT_THIS_WAY or way is _WAYS[-1]:
                raise
    raise AssertionError  # the last way returns or raises


def _read(blocks: Iterator[bytes]) -> bytes:
    """Return a body of bounded size."""
    body = b""
    for block in blocks:
        body += block
        if len(body) > _MOST_BYTES:
            raise InvalidReply("it is far too long")
    return body


def _reply(body: bytes, prompt: Prompt) -> Reply:
    """Return what the body holds: pages, streams and whatever else is no completion are refused."""
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _no_completion() from None
    if isinstance(completion.error, _Trouble) and isinstance(completion.error.code, int):
        raise _refusal(completion.error.code)
    if completion.error or completion.choices is None:
        raise _no_completion()
    if not completion.choices:
        raise InvalidReply("it holds no choice")
    text = completion.choices[0].message.content or ""
    counted = completion.usage.total_tokens if completion.usage else 0
    return Reply(text, min(counted, _MOST_BYTES) if counted > 0 else prompt.tokens)


def _too_slow() -> TransientError:
    message = "The language model's server answers too slowly: raise LLM_TIMEOUT_S."
    return TransientError("llm_unavailable", message)


def _no_completion() -> StageError:
    message = (
        "The language model's server answers with something that is no chat completion: "
        "see that LLM_BASE_URL is right, often …/v1."
    )
    return StageError("llm_refused", message)


def _refusal(status: int, wait_s: float | None = None) -> TransientError | StageError:
    if status in _PASSING or status >= 500:
        message = f"The language model's server answers {status}: try again later."
        return TransientError("llm_unavailable", message, retry_after_s=wait_s)
    message = (
        f"The language model's server answers {status}: "
        "see that LLM_BASE_URL, LLM_MODEL and LLM_API_KEY are right."
    )
    return StageError("llm_refused", message)


def _seconds(header: str) -> float | None:
    """Return `Retry-After` in seconds; its other form, a date, is left to our own patience."""
    return min(float(header), 3600.0) if header.strip().isdecimal() else None
