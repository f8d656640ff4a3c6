"""One call to the operator's language model, over the protocol that OpenAI's server speaks."""

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

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


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


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

    http = openai.DefaultHttpxClient(
        timeout=server.timeout_s,
        trust_env=False,
        follow_redirects=False,
        verify=_encryption(),
        event_hooks={"response": [_without_reasons]},
    )
    try:
        with openai.OpenAI(
            base_url=server.base_url,
            api_key=server.api_key or "none",
            max_retries=0,
            timeout=server.timeout_s,
            http_client=http,
        ) as client:
            for way in _WAYS:
                try:
                    return _reply(client, server, prompt, way(prompt))
                except openai.APIStatusError as error:
                    if error.status_code not in _NOT_THIS_WAY or way is _WAYS[-1]:
                        raise
            raise AssertionError  # the last way returns or raises
    except openai.APIStatusError as error:
        raise _refusal(error) from error
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        why = type(error.__cause__ or error).__name__
        message = f"The language model's server does not answer ({why}): try again later."
        raise TransientError("llm_unavailable", message) from error


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


def _reply(
    client: "openai.OpenAI", server: LanguageModel, prompt: Prompt, how: dict[str, Any]
) -> Reply:
    give_up_at = time.monotonic() + server.timeout_s
    with client.chat.completions.with_streaming_response.create(
        model=server.model,
        messages=[
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        **how,
    ) as response:
        body = _read(response.iter_bytes(), give_up_at)
    try:
        completion = msgspec.json.decode(body, type=_Completion)
        text = completion.choices[0].message.content or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError):
        raise InvalidReply("it is no chat completion") from None
    counted = completion.usage.total_tokens if completion.usage else 0
    return Reply(text, min(counted, _MOST_BYTES) if counted > 0 else prompt.tokens)


def _read(blocks: Iterator[bytes], give_up_at: float) -> bytes:
    """Return a body of bounded size that comes in bounded time: each block alone is in time."""
    body = b""
    for block in blocks:
        body += block
        if len(body) > _MOST_BYTES:
            raise InvalidReply("it is far too long")
        if time.monotonic() > give_up_at:
            message = "The language model's server answers too slowly: raise LLM_TIMEOUT_S."
            raise TransientError("llm_unavailable", message)
    return body


def _refusal(error: "openai.APIStatusError") -> TransientError | StageError:
    status = error.status_code
    if status in _PASSING or status >= 500:
        message = f"The language model's server answers {status}: try again later."
        wait_s = _seconds(error.response.headers.get("Retry-After", ""))
        return TransientError("llm_unavailable", message, retry_after_s=wait_s)
    message = (
        f"The language model's server answers {status}: "
        "see that LLM_BASE_URL, LLM_MODEL and LLM_API_KEY are right."
    )
    return StageError("llm_refused", message)


def _seconds(header: str) -> float | None:
    """Return `Retry-After` in seconds; its other form, a date, is left to our own patience."""
    return min(float(header), 3600.0) if header.strip().isdecimal() else None
