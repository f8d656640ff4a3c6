"""API tokens."""

from django.contrib.auth.models import User
from knox.models import AuthToken


def token_create(*, user: User) -> str:
    """Make an API token and return it: the only time it can be read, for a hash is stored."""
    return str(AuthToken.objects.create(user)[1])
