"""Who is asking."""

from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox import auth
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc]  # knox is untyped
    """`Authorization: Bearer <token>`."""

    def authenticate_credentials(self, token: bytes) -> tuple[object, object]:
        """Return the user and the token. Raises `AuthenticationFailed`."""
        try:
            token.decode("ascii")
        except UnicodeDecodeError:  # knox decodes without looking
            raise AuthenticationFailed("Invalid token.") from None
        found: tuple[object, object] = super().authenticate_credentials(token)
        return found

    def _cleanup_token(self, auth_token: Any) -> bool:
        """Look at the token alone: no other of the user's has to be tidied up at each request."""
        return auth_token.expiry is not None and super()._cleanup_token(auth_token)


class BearerScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # spectacular's
    """How the OpenAPI document names it."""

    target_class = "videos.api.auth.TokenAuthentication"
    name = "bearerToken"
