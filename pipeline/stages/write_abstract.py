"""What the video is about, in the words of the operator's language model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import msgspec

from pipeline.contract import Context, LanguageModel, Stage
from pipeline.errors import NotApplicable
from pipeline.llm import abstract
from pipeline.llm.abstract import Told
from pipeline.llm.client import InvalidReply
from pipeline.llm.evidence import Evidence
from pipeline.media import trust
from pipeline.results import (
    Abstract,
    Chapters,
    ChapterTitle,
    Cue,
    Media,
    ScreenText,
    Transcript,
)

# Cues are joined to lines of about this many characters, and of no more than so many ms.
_LINE_CHARS = 240
_LINE_MS = 20_000


@dataclass(frozen=True)
class WriteAbstract(Stage):
    """Sends what is said and written, part by part, and checks what comes back."""

    name: ClassVar[str] = "write_abstract"
    version: ClassVar[int] = abstract.VERSION
    produces: ClassVar[type] = Abstract
    needs: ClassVar[tuple[type, ...]] = (Media,)
    wants: ClassVar[tuple[type, ...]] = (Transcript, ScreenText, Chapters)
    queue: ClassVar[str] = "net"
    network: ClassVar[bool] = True
    asks_llm: ClassVar[bool] = True
    preload: ClassVar[tuple[str, ...]] = ("openai", "pipeline.llm.abstract")
    weight: ClassVar[float] = 1
    deadline_base_s: ClassVar[int] = 1800
    deadline_per_media_s: ClassVar[float] = 2

    model: str = ""
    """As the operator's server calls it."""
    call_tokens: int = 6000
    """Of one call, prompt and reply together."""
    video_tokens: int = 60_000
    """Of all calls for a video."""

    def run(self, ctx: Context) -> Abstract:
        """Raises `NotApplicable`, or as `pipeline.llm.client.complete` does."""
        if ctx.llm is None or not self.model:
            raise NotApplicable("llm_off", "This server asks no language model.")
        lines = [*_heard(ctx.find(Transcript)), *_read(ctx.find(ScreenText))]
        lines.sort(key=lambda one: (one.start_ms, one.end_ms))
        if not lines:
            raise NotApplicable("no_words", "Nothing is said or written that could be told.")
        chapters = ctx.find(Chapters)
        spans = [(one.start_ms, one.end_ms) for one in chapters.chapters] if chapters else []
        try:
            return self._told(ctx, replace(ctx.llm, model=self.model), lines, spans)
        except InvalidReply as error:
            message = f"The language model gives no valid abstract: {error}. Take a better model."
            raise NotApplicable("llm_invalid_answer", message) from error

    def _told(
        self,
        ctx: Context,
        server: LanguageModel,
        lines: list[Evidence],
        chapters: list[tuple[int, int]],
    ) -> Abstract:
        purse = _Purse(min(self.video_tokens, ctx.limits.llm_tokens), ctx.spend)
        notes = _Notes(ctx.partial or ctx.workdir)
        parts = abstract.parts(
            lines, chapters, call_tokens=self.call_tokens, video_tokens=self.video_tokens
        )
        told = []
        for number, part in enumerate(parts, 1):
            told.append(abstract.tell_part(server, part, purse, notes.remember))
            ctx.report(number / (len(parts) + 1))
        whole = abstract.tell_whole(server, told, self.call_tokens, purse, notes.remember)
        notes.forget()
        return Abstract(
            sentences=whole.sentences,
            titles=tuple(
                ChapterTitle(*part.span, one.title)
                for part, one in zip(parts, told, strict=True)
                if part.span and one.title
            ),
            model=self.model,
            prompt_version=abstract.VERSION,
        )


class _Purse:
    """What of the video's and the workspace's tokens is left, told as it is spent."""

    def __init__(self, left: int, spend: Callable[[int], None]) -> None:
        self._left = left
        self._spend = spend

    def reserve(self, tokens: int) -> None:
        """Raise `NotApplicable` where less is left."""
        if tokens > self._left:
            message = (
                "The tokens of the video, or of the workspace's day, are spent: reprocess it "
                "tomorrow, or raise LLM_VIDEO_TOKENS or LLM_DAY_TOKENS."
            )
            raise NotApplicable("llm_budget_spent", message)
        self._left -= tokens

    def settle(self, reserved: int, spent: int) -> None:
        self._left += reserved - spent
        if spent:
            self._spend(spent)


class _Notes:
    """What was told already: an attempt that comes after a failure need not ask for it again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[Path] = []

    def remember(self, key: str, tell: Callable[[], Told]) -> Told:
        note = self._folder / f"abstract-{key}"
        self._written.append(note)
        if note.exists():
            return msgspec.json.decode(note.read_bytes(), type=Told)
        told = tell()
        self._folder.mkdir(exist_ok=True)
        draft = note.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(told))
        draft.replace(note)
        return told

    def forget(self) -> None:
        for note in self._written:
            note.unlink(missing_ok=True)


def _heard(transcript: Transcript | None) -> Iterator[Evidence]:
    """Yield lines of cues that follow each other; doubtful ones stay by themselves."""
    line: Evidence | None = None
    for cue in transcript.cues if transcript else ():
        joined = _joined(line, cue) if line else None
        if line and not joined:
            yield line
        line = joined or Evidence(
            cue.start_ms, cue.end_ms, cue.text.replace("\n", " "), "cue", _doubtful(cue)
        )
    if line:
        yield line


def _doubtful(cue: Cue) -> bool:
    return trust.weight(cue.flags) < 1


def _joined(line: Evidence, cue: Cue) -> Evidence | None:
    text = f"{line.text} {cue.text}".replace("\n", " ")
    if (
        line.doubtful != _doubtful(cue)
        or len(text) > _LINE_CHARS
        or cue.end_ms - line.start_ms > _LINE_MS
    ):
        return None
    return replace(line, end_ms=cue.end_ms, text=text)


def _read(shown: ScreenText | None) -> Iterator[Evidence]:
    """Yield a line for each text on screen, the same one once."""
    seen = set()
    for span in shown.spans if shown else ():
        if span.text not in seen:
            seen.add(span.text)
            yield Evidence(span.start_ms, span.end_ms, span.text, "text")
