"""Places for large bodies that come in.

Each keeps a thread until its last byte is there, however slow its client is. Downloads may hold
half of the threads, these bodies a third, questions that wait for the language model some: whoever
comes then, the health check among them, still finds somebody who answers.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from videos.errors import VideosError

_KEPT_FREE = 4
_LARGE_BYTES = 1 << 20
# Bodies on a fast line come and go: one of them is through in no time.
_PATIENCE_S = 1.0
_places = threading.BoundedSemaphore(
    settings.WEB_THREADS // 2 - settings.WEB_QUESTIONS - _KEPT_FREE
)


class TooManyUploads(VideosError):
    """As many large bodies are coming in as may at once."""

    code = "too_many_uploads"
    retry_after_s = 10


@contextmanager
def place_for(size_bytes: int | None) -> Iterator[None]:
    """Hold a place while a body of this size (None: it ends when it ends) is read.

    Small ones need none. Raises `TooManyUploads`.
    """
    if size_bytes is not None and size_bytes <= _LARGE_BYTES:
        yield
        return
    if not _places.acquire(timeout=_PATIENCE_S):
        raise TooManyUploads("Too many large files are coming in. Try again in a while.")
    try:
        yield
    finally:
        _places.release()
