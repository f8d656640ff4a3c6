"""Logging in with a password: so many tries from one address under one name, then a pause.

Counted by address and name together. By the name alone anybody could lock an operator out; by the
address alone one user of an office all others.
"""

import hashlib
import ipaddress
import logging
import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models.functions import Now
from django.http import HttpRequest

from videos.models import LoginTries

logger = logging.getLogger(__name__)

_MOST = 10
_PAUSE = timedelta(minutes=15)
# Who has one address of IPv6 has all of these.
_IPV6_NETWORK = 64
# Some proxies write the port, too, which is another with each connection.
_PORT = re.compile(r"^([\d.]+|\[.*\]):\d+$")

# Counted before the password is looked at: of many that come at once no more get through, whichever
# web server they come to.
_COUNT = """
INSERT INTO videos_logintries AS known (digest, tries) VALUES (%(digest)s, 1)
ON CONFLICT (digest) DO UPDATE SET
  tries = CASE WHEN known.since < now() - %(pause)s THEN 1 ELSE known.tries + 1 END,
  since = CASE WHEN known.since < now() - %(pause)s THEN now() ELSE known.since END
RETURNING tries
"""


class PasswordBackend(ModelBackend):
    """Django's own, for so many tries: the console's and the admin's login both ask it."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """Return the user whose password it is, or None.

        Raises `ValidationError` after too many tries, which forms show; the right password does
        not help then.
        """
        if request is None or username is None:
            return super().authenticate(request, username, password, **credentials)
        digest = _digest(_client(request), username)
        if _count(digest) > _MOST:
            logger.warning("login refused after %d tries from %s", _MOST, _client(request))
            minutes = int(_PAUSE.total_seconds() // 60)
            message = f"Too many tries from your address. Wait {minutes} minutes, then try again."
            raise ValidationError(message)
        user = super().authenticate(request, username, password, **credentials)
        if user is not None:
            LoginTries.objects.filter(digest=digest).delete()
        return user


def forget_logins() -> int:
    """Remove the counts that hold nobody back any more; return how many."""
    count, _ = LoginTries.objects.filter(since__lt=Now() - _PAUSE).delete()
    return count


def _count(digest: str) -> int:
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"digest": digest, "pause": _PAUSE}
        cursor.execute(_COUNT, asked)
        return int(cursor.fetchone()[0])


def _digest(client: str, username: str) -> str:
    return hashlib.sha256(f"{client}\0{username}".encode()).hexdigest()


def _client(request: HttpRequest) -> str:
    """Return the address, or network, that a request comes from.

    Each proxy adds at the end of `X-Forwarded-For` from whom it has the request. So the last
    entries, one for each of ours, are true, whatever stands before them.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    passed_on = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXIES <= len(passed_on):
        # Who comes around the proxies comes without it.
        address = str(passed_on[-settings.PROXIES]).strip() or address
    try:
        known = ipaddress.ip_address(_PORT.sub(r"\1", address).strip("[]"))
    except ValueError:
        return address  # a proxy's own way to write it, or none: a name like any other
    if known.version == 6:
        # A socket of both versions tells of IPv4 as ::ffff:192.0.2.1, which all share a network.
        known = known.ipv4_mapped or known
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, _IPV6_NETWORK), strict=False))
