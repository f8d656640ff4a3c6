"""How often a password may be guessed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from videos.models import LoginTries
from videos.services import forget_logins
from videos.services.logins import PasswordBackend

ADDRESSES = ["/login/", "/admin/login/"]
TRIES = 10


@pytest.fixture(autouse=True)
def operator(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_superuser("ada", password="right")  # noqa: S106  of a test's user


def log_in(
    address: str = "/login/", *, guess: str = "wrong", name: str = "ada", **meta: Any
) -> Any:
    return Client().post(address, {"username": name, "password": guess}, **meta)


def is_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302


@pytest.mark.parametrize("address", ADDRESSES)
class TestTries:
    def test_too_many_are_refused_even_with_the_right_password(self, address: str) -> None:
        answers = [log_in(address) for _ in range(TRIES)]

        refused = log_in(address, guess="right")

        assert all("Too many tries" not in answer.content.decode() for answer in answers)
        assert "Too many tries from your address. Wait 15 minutes" in refused.content.decode()

    def test_count_anew_after_the_pause(self, address: str) -> None:
        for _ in range(TRIES + 1):
            log_in(address)
        LoginTries.objects.update(since=timezone.now() - timedelta(minutes=16))

        assert is_in(log_in(address, guess="right"))

    def test_are_forgotten_with_the_right_password(self, address: str) -> None:
        for _ in range(TRIES - 1):
            log_in(address)

        assert is_in(log_in(address, guess="right"))
        assert not LoginTries.objects.exists()


class TestOthers:
    """Whom a stranger's guesses do not hold back."""

    def test_the_operator_at_another_address(self) -> None:
        for _ in range(TRIES + 1):
            log_in(REMOTE_ADDR="203.0.113.7")

        assert is_in(log_in(guess="right", REMOTE_ADDR="203.0.113.8"))

    def test_the_operator_at_another_address_told_by_a_socket_of_both_versions(self) -> None:
        for _ in range(TRIES + 1):
            log_in(REMOTE_ADDR="::ffff:203.0.113.7")

        assert is_in(log_in(guess="right", REMOTE_ADDR="::ffff:203.0.113.8"))

    def test_another_user_at_the_same_address(self) -> None:
        for _ in range(TRIES + 1):
            log_in(name="bob")

        assert is_in(log_in(guess="right"))

    def test_the_operator_who_comes_around_the_proxy(self, settings: Any) -> None:
        settings.PROXIES = 1
        for _ in range(TRIES + 1):
            log_in(REMOTE_ADDR="203.0.113.7")

        assert is_in(log_in(guess="right", REMOTE_ADDR="203.0.113.8"))

    def test_whoever_comes_by_the_same_proxy(self, settings: Any) -> None:
        settings.PROXIES = 1
        for _ in range(TRIES + 1):
            log_in(HTTP_X_FORWARDED_FOR="203.0.113.7")

        assert is_in(log_in(guess="right", HTTP_X_FORWARDED_FOR="203.0.113.8"))


class TestStrangers:
    """Who cannot get around the count."""

    def test_with_addresses_that_they_made_up(self, settings: Any) -> None:
        settings.PROXIES = 1
        for number in range(TRIES):
            log_in(HTTP_X_FORWARDED_FOR=f"192.0.2.{number}, 203.0.113.7")

        assert not is_in(log_in(guess="right", HTTP_X_FORWARDED_FOR="203.0.113.7"))

    def test_with_a_header_that_no_proxy_of_ours_sets(self) -> None:
        for number in range(TRIES):
            log_in(HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")

        assert not is_in(log_in(guess="right"))

    def test_with_the_many_addresses_of_ipv6(self) -> None:
        for number in range(TRIES):
            log_in(REMOTE_ADDR=f"2001:db8::{number:x}")

        assert not is_in(log_in(guess="right", REMOTE_ADDR="2001:db8::ffff"))

    @pytest.mark.parametrize("host", ["203.0.113.7", "[2001:db8::7]"])
    def test_with_many_connections_to_a_proxy_that_tells_their_ports(
        self, settings: Any, host: str
    ) -> None:
        settings.PROXIES = 1
        for port in range(TRIES):
            log_in(HTTP_X_FORWARDED_FOR=f"{host}:{50_000 + port}")

        assert not is_in(log_in(guess="right", HTTP_X_FORWARDED_FOR=f"{host}:60000"))


class TestCounts:
    def test_hold_no_names(self) -> None:
        log_in(name="my-password-by-mistake")

        assert "password" not in str(list(LoginTries.objects.values()))

    def test_are_removed_when_they_are_old(self) -> None:
        log_in()
        log_in(name="bob")
        older = LoginTries.objects.earliest("since")
        LoginTries.objects.filter(pk=older.pk).update(since=F("since") - timedelta(minutes=16))

        assert forget_logins() == 1
        assert LoginTries.objects.count() == 1

    def test_do_without_a_request(self, operator: User) -> None:
        backend = PasswordBackend()

        assert backend.authenticate(None, "ada", "right") == operator
        assert not LoginTries.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_no_more_get_through(self) -> None:
        def guess(_: int) -> bool:
            try:
                return "Too many tries" in log_in().content.decode()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            refused = list(pool.map(guess, range(TRIES + 6)))

        assert sum(refused) == 6
