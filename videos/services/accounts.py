"""The first admin of a new server and the token that its owner's scripts use."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from knox.crypto import hash_token
from knox.models import AuthToken

from videointel.settings.env import VAR_DIR, private_file
from videos.services.tokens import token_create

_USERNAME = "admin"
_TOKEN_FILE = "api_token"  # noqa: S105  a file's name
_PASSWORD_FILE = "admin_password"  # noqa: S105  likewise


@dataclass(frozen=True)
class Owner:
    """How the server's owner gets in."""

    username: str
    password_file: Path
    token: str


def owner_ensure() -> Owner:
    """Return the owner's login and token, made where there is none yet.

    Both are kept in files that their owner alone can read; the database has only hashes.
    """
    user = User.objects.filter(username=_USERNAME).first()
    if user is None:
        password = private_file(_PASSWORD_FILE, make=lambda: secrets.token_urlsafe(12))
        user = User.objects.create_superuser(_USERNAME, password=password)
    return Owner(_USERNAME, VAR_DIR / _PASSWORD_FILE, _token_ensure(user))


def _token_ensure(user: User) -> str:
    def make() -> str:
        return token_create(user=user)

    token = private_file(_TOKEN_FILE, make=make)
    if AuthToken.objects.filter(digest=hash_token(token)).exists():
        return token
    (VAR_DIR / _TOKEN_FILE).unlink()  # of another database, or revoked
    return private_file(_TOKEN_FILE, make=make)
