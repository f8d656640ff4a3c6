"""The clients that people use, as they come, killed and started again."""

import random
from pathlib import Path

import pytest

from tests.uploads.kills import NoPackages, Workshop
from tests.uploads.server import Server
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

_KILLS = 1


def test_clients_go_on_where_they_were_killed(server: Server, token: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, server.port, token, size_bytes=4_000_000)
    rng = random.Random(1)

    workshop.upload("tuspy", rng, kills=_KILLS)
    try:
        for client in ("tus_js", "uppy"):
            workshop.upload(client, rng, kills=_KILLS)
    except NoPackages as reason:
        pytest.skip(str(reason))

    assert Video.objects.count() == 3
    assert all(workshop.kills.values())
