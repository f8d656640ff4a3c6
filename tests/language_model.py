"""A server on loopback that speaks OpenAI's protocol, with a model that can only read.

What it answers it computes from the prompt that arrives: it picks the evidence line that shares
most words with the question, and cites its number. So an answer proves that the line was found,
sent and cited. `behave` makes the next answers go wrong instead.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.serving import Handler, Served, serving

_LINE = re.compile(r'^\[(\d+)\] (\d+:\d\d) (\w+(?: doubtful)?) (".*")$', re.MULTILINE)
_QUESTION = re.compile(r'^QUESTION (".*")$', re.MULTILINE)
_STOP = frozenset(("what", "when", "where", "which", "who", "how", "why", "was", "the", "is"))

Reply = Callable[["Asked"], str]
"""What the model writes, given what it was asked."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    body: dict[str, Any]
    authorization: str

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        return str(self.body["messages"][1]["content"])

    @property
    def lines(self) -> list[tuple[int, str]]:
        """The numbered evidence between the two fences that the system prompt's code makes."""
        (code,) = re.findall(r"code ([0-9a-f]{16})", self.system)
        fenced = self.user.split(f"EVIDENCE {code}\n", 1)[1].split(f"END OF EVIDENCE {code}", 1)[0]
        return [(int(n), json.loads(text)) for n, _, _, text in _LINE.findall(fenced)]

    @property
    def question(self) -> str:
        return str(json.loads(_QUESTION.findall(self.user)[-1]))


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if word not in _STOP}


def reads(asked: Asked) -> str:
    """Reply with the line that shares most words with the question; two at least."""
    wanted = words(asked.question)
    shared, number, text = max(
        ((len(wanted & words(text)), -n, text) for n, text in asked.lines), default=(0, 0, "")
    )
    if shared < 2:
        return json.dumps({"answer": "", "evidence": []})
    return json.dumps({"answer": text, "evidence": [-number]})


def retells(asked: Asked) -> str:
    """Tell a part, or the whole, by its first and last line, each cited."""
    lines = asked.lines
    told = dict([lines[0], lines[-1]])
    sentences = [{"text": text, "evidence": [number]} for number, text in told.items()]
    title = " ".join(lines[0][1].split()[:4])
    part = {"title": title} if '"title"' in asked.system else {}
    return json.dumps(part | {"sentences": sentences})


def says(answer: str, *evidence: int) -> Reply:
    """Return a model that says this, whatever it is asked."""
    return lambda _: json.dumps({"answer": answer, "evidence": evidence})


@dataclass
class LanguageModel:
    """The server, what it was asked, and how it answers."""

    served: Served
    asked: list[Asked] = field(default_factory=list)
    behave: list[Callable[[Handler, Asked], None]] = field(default_factory=list)
    """How the next answers go, one each; then `reply` is answered."""
    reply: Reply = reads
    release: threading.Event = field(default_factory=threading.Event)
    """What `hangs` waits for."""

    @property
    def base_url(self) -> str:
        return self.served.url("/v1")


def completes(handler: Handler, text: str, **changes: Any) -> None:
    """Answer a chat completion."""
    completion = {
        "id": "one",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100},
    }
    body = json.dumps(completion | changes).encode()
    handler.answer(200, body, Content_Type="application/json")


def fails(status: int, **headers: str) -> Callable[[Handler, Asked], None]:
    return lambda handler, _: handler.answer(status, b'{"error": {"message": "no"}}', **headers)


def writes(text: str) -> Callable[[Handler, Asked], None]:
    return lambda handler, _: completes(handler, text)


def sends_html(handler: Handler, _: Asked) -> None:
    handler.answer(200, b"<html>Welcome</html>", Content_Type="text/html")


def breaks_off(handler: Handler, _: Asked) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"mess')
    handler.close_connection = True


def floods(handler: Handler, _: Asked) -> None:
    completes(handler, "x" * (2 << 20))


def nests(handler: Handler, _: Asked) -> None:
    handler.answer(200, b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def garbles(handler: Handler, _: Asked) -> None:
    handler.answer(200, b"no such thing", Content_Encoding="gzip")


def refuses_without_end(handler: Handler, _: Asked) -> None:
    """Say no at once, and then why, for longer than anybody waits."""
    handler.send_response(404)
    handler.end_headers()
    handler.close_connection = True
    with suppress(ConnectionError):
        for _second in range(20):
            handler.wfile.write(b"because ")
            time.sleep(1)


def streams(handler: Handler, asked: Asked) -> None:
    """Answer in events, as if that had been asked for."""
    events = [
        json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]})
        for piece in reads(asked).split()
    ]
    body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
    handler.answer(200, body.encode(), Content_Type="text/event-stream")


def says_ok_but(error: Any) -> Callable[[Handler, Asked], None]:
    """Return what answers 200 and then an error, as routers do."""
    body = json.dumps({"error": error}).encode()
    return lambda handler, _: handler.answer(200, body, Content_Type="application/json")


def chooses_nothing(handler: Handler, _: Asked) -> None:
    completes(handler, "", choices=[])


def counts(tokens: int) -> Callable[[Handler, Asked], None]:
    """Return what answers as the model does, and counts so many tokens."""
    return lambda handler, asked: completes(handler, reads(asked), usage={"total_tokens": tokens})


def hangs(model: LanguageModel) -> Callable[[Handler, Asked], None]:
    """Return what says nothing until the test is over."""

    def wait(handler: Handler, _: Asked) -> None:
        model.release.wait()
        handler.close_connection = True

    return wait


def trickles(model: LanguageModel, *, headers: bool) -> Callable[[Handler, Asked], None]:
    """Return what sends headers, or a body, bit by bit until nobody listens: each is in time."""

    def respond(handler: Handler, _: Asked) -> None:
        handler.send_response(200)
        if not headers:
            handler.end_headers()
        handler.close_connection = True
        with suppress(ConnectionError):
            while not model.release.wait(0.05):
                handler.wfile.write(b"X-Wait: yes\r\n")

    return respond


SLOW: dict[str, Callable[[LanguageModel], Callable[[Handler, Asked], None]]] = {
    "hangs": hangs,
    "trickles_headers": partial(trickles, headers=True),
    "trickles_body": partial(trickles, headers=False),
}


@contextmanager
def language_model() -> Iterator[LanguageModel]:
    """Run the server until the block ends."""

    def respond(handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        asked = Asked(json.loads(body), handler.headers.get("Authorization", ""))
        model.asked.append(asked)
        if model.behave:
            model.behave.pop(0)(handler, asked)
        else:
            completes(handler, model.reply(asked))

    with serving(respond={"/v1/chat/completions": respond}) as served:
        model = LanguageModel(served)
        try:
            yield model
        finally:
            model.release.set()
