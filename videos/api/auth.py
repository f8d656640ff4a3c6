"""Who is asking."""

from django.contrib.auth.models import User
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox import auth
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

# Every request asks this: Django takes five times as long to put together and take apart what
# knox asks, which is the token's row and the user's.
_OWNER = """
SELECT owner.* FROM knox_authtoken token JOIN auth_user owner ON owner.id = token.user_id
WHERE token.digest = %s AND owner.is_active
  AND (token.expiry IS NULL OR token.expiry > statement_timestamp())
"""


class TokenAuthentication(auth.TokenAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, None]:
        """Return whose token it is. Raises `AuthenticationFailed`."""
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError:
            raise AuthenticationFailed("Invalid token.") from None
        for owner in User.objects.raw(_OWNER, [digest]):
            return owner, None
        raise AuthenticationFailed("Invalid token.")


class BearerScheme(KnoxTokenScheme):
    """How the OpenAPI document names it."""

    target_class = "videos.api.auth.TokenAuthentication"
    name = "bearerToken"
