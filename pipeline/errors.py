"""What a stage may raise, and what each means for its stage row."""


class PipelineError(Exception):
    """Base of the failures that a user is told about.

    `code` is stable and documented in `docs/reference/errors.md`; `message` is one plain
    sentence that says what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NotApplicable(PipelineError):
    """The stage has nothing to do here: it ends `SKIPPED`, and the video can still complete."""


class TransientError(PipelineError):
    """Trouble that may pass (disk briefly full, a peer gone): the stage is tried again.

    Not before `retry_after_s` seconds, where somebody asked for that.
    """

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class StageError(PipelineError):
    """The stage cannot succeed on this input: it ends `FAILED`."""


class ModelMissing(NotApplicable):
    """Weights are absent or altered; the message holds the command that mends it."""

    def __init__(self, model: str, problem: str, mend: str) -> None:
        super().__init__("model_missing", f"{problem} Run `{mend}`, then reprocess the video.")
        self.model = model
