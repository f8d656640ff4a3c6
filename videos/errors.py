"""What a request may get wrong. The API alone knows which HTTP status each means."""

from typing import Any


class VideosError(Exception):
    """Base of the errors that a user is told about.

    `code` is stable and documented in `docs/reference/errors.md`; `message` is one plain sentence;
    `extra` holds facts for a program.
    """

    code = "error"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra


class InvalidTransition(VideosError):
    """The video's status does not allow what was asked."""

    code = "invalid_transition"
