"""Fixtures that every kind of test shares."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, TransactionTestCase
from knox.models import AuthToken
from rest_framework.test import APIClient

from pipeline import embedding
from tests import factories, language_model
from tests.emptying import empty
from tests.patience import PATIENCE_S
from videos.models import Workspace

# The suite says the same of the same code each time, on machines of any speed; `make fuzz` takes
# other examples, and more.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.register_profile(
    "fuzz", hypothesis.settings.get_profile("suite"), derandomize=False, max_examples=1000
)
hypothesis.settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Leave what stays to the end out of every later search for garbage: there is a lot of it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Give each test process a database of its own: two suites may run at once."""
    connection.settings_dict["TEST"]["NAME"] = f"test_videointel_{os.getpid()}"


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Any) -> Path:
    """Every test stores its files in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return tmp_path / "media"


@pytest.fixture(autouse=True, scope="session")
def _emptied_without_ado() -> Iterator[None]:
    """Tests with transactions of their own leave the database as they found it, and soon."""
    with patch.object(TransactionTestCase, "_fixture_teardown", empty):
        yield


@pytest.fixture(autouse=True, scope="session")
def _searches_wait() -> Iterator[None]:
    """What embeds them takes a second to start, and more where much else runs."""
    with patch.object(embedding, "_PATIENCE_S", PATIENCE_S):
        yield


@pytest.fixture
def workers_environment(
    transactional_db: None, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have processes that the test starts use its database and media folder."""
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setenv("MEDIA_ROOT", str(media_root))


def database_url() -> str:
    """Return where other processes find the tests' database."""
    known: dict[str, Any] = {**connection.get_connection_params()}
    login = quote(known["user"]) + (f":{quote(known['password'])}" if "password" in known else "")
    place = urlencode([(key, known[key]) for key in ("host", "port") if key in known])
    return f"postgres://{login}@/{connection.settings_dict['NAME']}?{place}"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return factories.default_workspace()


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada")  # hashing a password would cost each test half a second


@pytest.fixture
def token(user: User) -> str:
    """A Bearer token of `user`."""
    return str(AuthToken.objects.create(user)[1])


@pytest.fixture
def api(token: str) -> APIClient:
    """A client whose requests carry a token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def admin_client(client: Client, db: None) -> Client:
    """An operator's browser."""
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def llm(settings: Any) -> Iterator[language_model.LanguageModel]:
    """A language model that this server asks."""
    with language_model.language_model() as model:
        settings.LLM_BASE_URL = model.base_url
        settings.LLM_MODEL = "reader"
        settings.LLM_API_KEY = "a-secret"
        settings.LLM_TIMEOUT_S = PATIENCE_S
        yield model
