"""Requests that may be sent again: the `Idempotency-Key` header."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from videos import services
from videos.api.base import ApiView
from videos.errors import VideosError

# 1 to 255 printable ASCII characters, as the header comes.
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class InvalidIdempotencyKey(VideosError):
    """The header's value is no key."""

    code = "invalid_idempotency_key"


class IdempotentView(ApiView):
    """A view whose POST creates something, once, however often it is sent under one key.

    Its `post` calls `admit` before it reads the body, and `once` with what of the body matters
    and a function that does the work. The OpenAPI document names the header and its failures.
    """

    _key = ""

    @property
    def is_repeatable(self) -> bool:
        """Whether the request came with a key."""
        return bool(self._key)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is no key before the body is read."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META:
            self._key = request.META["HTTP_IDEMPOTENCY_KEY"]
            if not _KEY.fullmatch(self._key):
                raise InvalidIdempotencyKey(
                    "An Idempotency-Key is 1 to 255 printable ASCII characters."
                )

    def admit(self, size_bytes: int | None) -> services.StorageFull | None:
        """Do as `services.admit`, but for what the same request may itself have used up.

        Where the disk is full, return so instead of raising: the body of a repeated request may
        be read, to be compared, and not be stored.
        """
        try:
            services.admit(workspace=self.workspace, size_bytes=size_bytes)
        except (services.QuotaExceeded, services.TooManyVideos, services.StorageFull) as refusal:
            if not self._is_repeated():
                raise
            return refusal if isinstance(refusal, services.StorageFull) else None
        return None

    def once(self, request: Request, matters: Any, act: Callable[[], Response]) -> Response:
        """Return what `act` answers, or answered before; without a key, simply the former.

        `matters` is JSON: what of the body makes it another request if it differs. The method and
        the address count anyway.
        """
        if not self.is_repeatable:
            return act()
        first: list[Response] = []

        def answer() -> services.Answer:
            first.append(act())
            return _answer(first[0])

        given = services.once(
            workspace=self.workspace,
            user=self.user,
            key=self._key,
            fingerprint=_fingerprint(request, matters),
            act=answer,
        )
        if not given.replayed:
            return first[0]
        return Response(
            json.loads(given.body) if given.body else None,
            status=given.status,
            headers={**given.headers, "Idempotent-Replayed": "true"},
        )

    def _is_repeated(self) -> bool:
        return self.is_repeatable and services.is_remembered(
            workspace=self.workspace, user=self.user, key=self._key
        )


def _answer(response: Response) -> services.Answer:
    return services.Answer(
        status=response.status_code,
        headers={name: value for name, value in response.items() if name != "Content-Type"},
        body=JSONRenderer().render(response.data).decode(),
    )


def _fingerprint(request: Request, matters: Any) -> str:
    whole = [request.method, request.get_full_path(), matters]
    return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
