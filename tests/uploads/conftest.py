from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from pipeline.fleet import Fleet
from tests import throwaway
from tests.conftest import database_url
from tests.uploads.server import Server
from tests.uploads.tus import Tus


@pytest.fixture
def tus(api: APIClient) -> Tus:
    return Tus(api)


@pytest.fixture(scope="package")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real web server over the tests' database, with a media folder of its own."""
    port, media_root = throwaway.free_port(), tmp_path_factory.mktemp("web")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORT", str(port))
        patch.setenv("DATABASE_URL", database_url())
        patch.setenv("MEDIA_ROOT", str(media_root))
        with Fleet({"web": ["web"]}, quiet=True) as fleet:
            server = Server(port, media_root, fleet)
            server.wait_until_up()
            yield server


@pytest.fixture
def server(transactional_db: None, web: Server, token: str, settings: Any) -> Server:
    """The web server, to which the test has a token."""
    settings.MEDIA_ROOT = web.media_root
    web.token = token
    return web
