"""Slow clients, however many, leave threads to answer everybody else."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from tests.api.test_admission import announce
from tests.api.test_uploads import URL, clip
from videos.api import places

LARGE = 5_000_000


@pytest.fixture
def coming_in() -> Iterator[ExitStack]:
    """As many large bodies as may, on their way; closing it ends them."""
    with ExitStack() as stack:
        for _ in range(settings.WEB_THREADS // 2 - 4 - settings.WEB_QUESTIONS):
            stack.enter_context(places.place_for(LARGE))
        with patch.object(places, "_PATIENCE_S", 0.01):
            yield stack


@pytest.mark.django_db
class TestUpload:
    def test_is_put_off_unread_beside_too_many(self, api: APIClient, coming_in: ExitStack) -> None:
        refused = announce(api, LARGE)

        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_uploads")
        assert refused["Retry-After"] == "10"

    def test_is_taken_if_small(self, api: APIClient, coming_in: ExitStack) -> None:
        assert api.post(URL, {"file": clip()}).status_code == 202

    @pytest.mark.parametrize("headers", [{"CONTENT_LENGTH": str(LARGE)}, {}])
    def test_by_tus_goes_on_later(
        self, api: APIClient, coming_in: ExitStack, headers: dict[str, Any]
    ) -> None:
        version: dict[str, Any] = {"HTTP_TUS_RESUMABLE": "1.0.0"}
        begun = api.generic("POST", "/api/v1/uploads", HTTP_UPLOAD_LENGTH=str(LARGE), **version)
        go_on: dict[str, Any] = version | {"HTTP_UPLOAD_OFFSET": "0"}
        body: dict[str, Any] = headers or {
            "CONTENT_LENGTH": "",
            "HTTP_TRANSFER_ENCODING": "chunked",
        }
        kind = "application/offset+octet-stream"

        refused = api.generic("PATCH", begun["Location"], "x", content_type=kind, **go_on, **body)
        coming_in.close()
        taken = api.generic("PATCH", begun["Location"], "x", content_type=kind, **go_on)

        assert (refused.status_code, taken.status_code) == (503, 204)
        assert taken["Upload-Offset"] == "1"
