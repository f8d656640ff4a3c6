"""Headers that every answer carries."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def policy() -> str:
    """Return what pages may load: their own files, pictures and videos also from the bucket.

    Uploads' names and texts can never become script. Inline styles are what the admin and the
    API page use.
    """
    files = " ".join(["'self'", *settings.S3_ORIGINS])
    return (
        f"default-src 'self'; img-src {files} data: blob:; media-src {files} blob:; "
        "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse every outside request a page might make."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        return response

    return middleware
