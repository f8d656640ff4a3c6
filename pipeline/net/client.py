"""One HTTP request to an address that a stranger named."""

import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2

from pipeline.errors import StageError, TransientError
from pipeline.net.addresses import AddressRefused, Policy, Target

_CONNECT_S = 10.0
# A server that says nothing for so long has forgotten us.
_IDLE_S = 30.0
# One that says less than this within a minute, headers or body, holds up others' work.
_SLOWEST_BYTES = 1 << 20
_SLOWEST_S = 60.0
_MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


@dataclass(frozen=True)
class Answer:
    """What a server said; the body is read while the request is open."""

    target: Target
    """Who said it: where redirects led to."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case; of one that came twice the last."""
    blocks: Iterator[bytes]
    """The body as it was sent: nothing is decompressed."""


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Connects to nothing but checked addresses.

    The connection is made to the address itself; the certificate is still checked against the
    name, and the `Host` header still says it.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: httpcore2.NetworkError | httpcore2.TimeoutException
        for address in self._policy.resolve(host, port):
            try:
                stream = self._plain.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
                return _Paced(stream, host)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Paced(httpcore2.NetworkStream):
    """A connection that is given up when hardly anything comes: each byte alone is in time."""

    def __init__(self, stream: httpcore2.NetworkStream, host: str) -> None:
        self._stream = stream
        self._host = host
        self._since = time.monotonic()
        self._count = 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        block = self._stream.read(max_bytes, timeout)
        self._count += len(block)
        if block and time.monotonic() - self._since > _SLOWEST_S:
            if self._count < _SLOWEST_BYTES:
                message = f"{self._host} sends too slowly: retry later."
                raise TransientError("fetch_failed", message, retry_after_s=0.0)
            self._since, self._count = time.monotonic(), 0
        return block

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        return _Paced(self._stream.start_tls(ssl_context, server_hostname, timeout), self._host)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextmanager
def request(
    target: Target,
    policy: Policy,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
) -> Iterator[Answer]:
    """Send a request; of a GET follow five redirects, each checked as the first address was.

    No proxy of the environment is used, no cookie kept, no body decompressed. Raises
    `AddressRefused`, `StageError` (`fetch_refused`) for redirects that are too many or give up
    encryption, `TransientError` (`fetch_failed`) for trouble on the way, also while the body is
    read.
    """
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            policy.check(target)
            with _send(target, policy, method, headers or {}, content) as response:
                known = _headers(response)
                if method != "GET" or response.status not in _REDIRECTS or "location" not in known:
                    yield Answer(target, response.status, known, response.iter_stream())
                    return
            target = follow(target, known["location"])
        message = f"It redirects more than {_MOST_REDIRECTS} times: name the file's own address."
        raise StageError("fetch_refused", message)
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
        why = _ERRNO.sub("", str(error)) or type(error).__name__
        message = f"The connection to {target.host} failed ({why}): retry once it answers."
        raise TransientError("fetch_failed", message) from error


def follow(target: Target, location: str) -> Target:
    """Return where a redirect leads.

    Raises `AddressRefused`, or `StageError` (`fetch_refused`) where it gives up encryption.
    """
    try:
        onward = target.join(location)
    except AddressRefused as error:
        message = f"{target.host} redirects to an address that is not fetched from. {error.message}"
        raise AddressRefused(message) from error
    if target.scheme == "https" and onward.scheme == "http":
        message = f"{target.host} redirects from https to plain http: name the file's own address."
        raise StageError("fetch_refused", message)
    return onward


@contextmanager
def _send(
    target: Target, policy: Policy, method: str, headers: dict[str, str], content: bytes | None
) -> Iterator[httpcore2.Response]:
    url = httpcore2.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    # Accept-Encoding: what is compressed would have to be unpacked, and may be a bomb.
    fields = {"Host": target.authority, "User-Agent": "videointel", "Accept-Encoding": "identity"}
    timeouts = {"connect": _CONNECT_S, "read": _IDLE_S, "write": _IDLE_S, "pool": _CONNECT_S}
    with (
        httpcore2.ConnectionPool(
            ssl_context=_encryption(), network_backend=_CheckedNetwork(policy)
        ) as pool,
        pool.stream(
            method,
            url,
            headers=list((fields | headers).items()),
            content=content,
            extensions={"timeout": timeouts},
        ) as response,
    ):
        yield response


@cache
def _encryption() -> ssl.SSLContext:
    """Certificates as the system trusts them, or `SSL_CERT_FILE`; reading them takes a while."""
    return httpcore2.default_ssl_context()


def _headers(response: httpcore2.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): _text(value) for name, value in response.headers}


def _text(value: bytes) -> str:
    """Return a header as text: ASCII by the letter of the law, UTF-8 by habit."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
