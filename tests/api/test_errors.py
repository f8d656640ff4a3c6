"""Every failure under `/api` is a problem with a code."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from tests import factories
from videos.services.tokens import token_create

pytestmark = pytest.mark.django_db


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "code"} <= set(body)
    return body


class TestAuthentication:
    @pytest.mark.parametrize(
        "address",
        [
            "/api/v1/videos",
            "/api/v1/stages",
            "/api/v1/search?q=x",
            "/api/v1/nothing",
            "/api/schema",
        ],
    )
    def test_is_needed_everywhere(self, client: Client, address: str) -> None:
        response = client.get(address)

        assert problem(response, 401)["code"] == "not_authenticated"
        assert "Send Authorization: Bearer" in problem(response, 401)["detail"]
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer wrong", "Bearer a b", "Bearer \u00ff\u00fe"]
    )
    def test_wrong_token_is_refused(self, client: Client, header: str) -> None:
        response = client.get("/api/v1/videos", headers={"Authorization": header})

        assert problem(response, 401)["code"] == "authentication_failed"
        assert "Send Authorization: Bearer" in problem(response, 401)["detail"]
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("state", ["revoked", "expired", "of nobody who may log in"])
    def test_token_that_was_good_is_refused(self, client: Client, user: User, state: str) -> None:
        header = {"Authorization": f"Bearer {token_create(user=user)}"}
        assert client.get("/api/v1/videos", headers=header).status_code == 200
        if state == "revoked":
            AuthToken.objects.all().delete()
        elif state == "expired":
            AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
        else:
            User.objects.update(is_active=False)

        response = client.get("/api/v1/videos", headers=header)

        assert problem(response, 401)["code"] == "authentication_failed"

    def test_token_lasts_until_it_expires(self, client: Client, user: User) -> None:
        header = {"Authorization": f"Bearer {token_create(user=user)}"}
        AuthToken.objects.update(expiry=timezone.now() + timedelta(hours=1))

        assert client.get("/api/v1/videos", headers=header).status_code == 200

    def test_session_needs_the_csrf_token_to_write(self, user: Any) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        video = factories.make_video()

        response = client.delete(f"/api/v1/videos/{video.id}")

        assert problem(response, 403)["code"] == "permission_denied"


class TestProblems:
    def test_an_address_with_a_newline_is_not_found(self, api: APIClient) -> None:
        problem(api.get("/api/v1/videos/%0Ax/media"), 404)

    @pytest.mark.parametrize(
        "address",
        [
            "/api/v1/",
            "/api/v1/nothing",
            "/api/v1/videos/1",
            "/api/v1/videos/",
            "/api/v1/a?format=x",
        ],
    )
    def test_unknown_address(self, api: APIClient, address: str) -> None:
        for call in (api.get, api.post, api.delete):
            assert problem(call(address), 404)["code"] == "not_found"

    def test_wrong_method(self, api: APIClient) -> None:
        response = api.put("/api/v1/videos", {})

        assert problem(response, 405)["code"] == "method_not_allowed"
        assert set(response["Allow"].split(", ")) == {"GET", "HEAD", "POST"}

    def test_unacceptable_type(self, api: APIClient) -> None:
        response = api.get("/api/v1/videos", headers={"Accept": "text/html"})

        assert problem(response, 406)["code"] == "not_acceptable"

    def test_surprise_is_told_without_internals(self, api: APIClient) -> None:
        with patch("videos.selectors.video_list", side_effect=RuntimeError("secret")):
            response = api.get("/api/v1/videos")

        assert problem(response, 500)["code"] == "internal_error"
        assert "secret" not in response.content.decode()

    def test_forged_host(self, api: APIClient) -> None:
        response = api.get("/api/v1/videos", headers={"Host": "evil.example"})

        assert problem(response, 400)["code"] == "parse_error"
