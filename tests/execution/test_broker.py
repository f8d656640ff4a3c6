"""What django-q2 expects of a broker, of the two that we offer beside its ORM one, and the doorbell."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ

from pipeline.broker import PostgresBroker
from pipeline.models import StageRun
from pipeline.services import recover
from pipeline.services.doorbell import announced, ring
from tests.execution.conftest import Configure, make_started_video
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator[PostgresBroker]:
    broker = PostgresBroker("cpu")
    yield broker
    broker.hang_up()


class TestBroker:
    def test_is_the_configured_one(self) -> None:
        broker = get_broker("gpu")

        assert type(broker) is PostgresBroker
        assert broker.list_key == "gpu"
        assert broker.ping()
        assert "PostgreSQL" in broker.info()

    def test_gives_a_message_to_one_until_it_is_acknowledged(self, broker: PostgresBroker) -> None:
        number = broker.enqueue("task")
        assert (broker.queue_size(), broker.lock_size()) == (1, 0)

        assert broker.dequeue() == [(number, "task")]
        assert (broker.queue_size(), broker.lock_size()) == (0, 1)
        assert broker.dequeue() is None

        broker.acknowledge(number)
        broker.acknowledge(number)  # twice does no harm
        assert (broker.queue_size(), broker.lock_size()) == (0, 0)

    @pytest.mark.parametrize("way", ["delete", "fail"])
    def test_forgets_a_message(self, broker: PostgresBroker, way: str) -> None:
        number = broker.enqueue("task")

        getattr(broker, way)(number)

        assert broker.dequeue() is None

    @pytest.mark.parametrize("way", ["purge_queue", "delete_queue"])
    def test_forgets_its_queue_alone(self, broker: PostgresBroker, way: str) -> None:
        for _ in range(2):
            broker.enqueue("task")
        other = PostgresBroker("gpu")
        other.enqueue("task")

        getattr(broker, way)()

        assert (broker.queue_size(), other.queue_size()) == (0, 1)

    def test_gives_several_at_once_in_order(
        self, broker: PostgresBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Conf, "BULK", 5)
        numbers = [broker.enqueue(f"task {n}") for n in range(7)]

        first, second = broker.dequeue(), broker.dequeue()

        assert first == [(number, f"task {n}") for n, number in enumerate(numbers[:5])]
        assert second == [(numbers[5], "task 5"), (numbers[6], "task 6")]

    def test_gives_again_what_nobody_acknowledged_in_time(
        self, broker: PostgresBroker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Conf, "RETRY", 0)
        number = broker.enqueue("task")

        assert broker.dequeue() == broker.dequeue() == [(number, "task")]

    def test_gives_each_of_many_consumers_its_own(self) -> None:
        numbers = [PostgresBroker("cpu").enqueue("task") for _ in range(40)]

        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(lambda _: _drain(), range(4)))

        assert sorted(number for some in taken for number in some) == numbers

    def test_holds_back_what_is_due_later(self, broker: PostgresBroker) -> None:
        started = time.monotonic()
        broker.enqueue("now")
        PostgresBroker("cpu", delay_s=0.4).enqueue("late")

        payloads = [_next(broker)[1], _next(broker)[1]]

        assert payloads == ["now", "late"]
        assert time.monotonic() - started >= 0.4


class TestListening:
    def test_wakes_at_commit_and_not_before(self, broker: PostgresBroker) -> None:
        assert broker.dequeue() is None  # listening now
        committed: list[float] = []
        sender = threading.Thread(target=_enqueue_slowly, args=(committed,))

        sender.start()
        _, payload = _next(broker)
        woken = time.monotonic()
        sender.join()

        assert payload == "task"
        assert woken >= committed[0]

    def test_hears_nothing_of_what_was_rolled_back(self, broker: PostgresBroker) -> None:
        with transaction.atomic():
            PostgresBroker("cpu").enqueue("task")
            transaction.set_rollback(True)

        assert broker.dequeue() is None
        assert broker.queue_size() == 0

    def test_goes_on_after_its_connection_was_cut(self, broker: PostgresBroker) -> None:
        broker.dequeue()

        _cut_listeners()
        assert broker.dequeue() is None  # noticed
        number = broker.enqueue("task")

        assert _next(broker) == (number, "task")
        until(lambda: len(_listeners()) == 1)  # the one that was cut is slow to go

    def test_outlives_a_database_that_cannot_forget_yet(self, broker: PostgresBroker) -> None:
        """As after a failover: it answers, and cannot write."""
        broker.enqueue("one")
        message, _ = _next(broker)
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

        broker.acknowledge(message)

        assert OrmQ.objects.filter(id=message).exists()
        broker.acknowledge(message)
        assert not OrmQ.objects.filter(id=message).exists()

    def test_shares_no_connection_with_a_fork(self, broker: PostgresBroker) -> None:
        broker.dequeue()
        broker.enqueue("for the fork")
        before = _listeners()

        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                taken = broker.dequeue()
                os._exit(0 if taken and _server_process(broker) not in before else 1)
            os._exit(2)
        _, status = os.waitpid(child, 0)
        number = broker.enqueue("for us")

        assert os.waitstatus_to_exitcode(status) == 0
        assert _next(broker) == (number, "for us")


class TestDoorbell:
    @pytest.mark.parametrize("kind", ["postgres", "orm"])
    def test_is_heard_of_after_a_delay(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        _configure(settings, monkeypatch, kind)

        ring("cpu")
        ring("cpu", delay_s=60)

        assert announced("cpu") == 1
        assert OrmQ.objects.count() == 2

    @pytest.mark.parametrize("kind", ["postgres", "orm"])
    def test_is_rung_again_for_what_no_message_announces(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        _configure(settings, monkeypatch, kind)
        make_started_video()
        OrmQ.objects.all().delete()

        assert [recover().rung, recover().rung] == [1, 0]

    def test_of_redis_rings_after_the_commit(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a stand-in for the server: none can be counted on where this runs."""
        sent: list[Any] = []
        _configure(settings, monkeypatch, "redis", sent)

        with transaction.atomic():
            make_started_video()
            assert sent == []
        ring("cpu", delay_s=5)

        assert len(sent) == 1
        assert announced("cpu") == 1
        assert not OrmQ.objects.exists()
        assert recover().rung == 0
        sent.clear()
        assert recover().rung == 1

    def test_of_redis_out_of_order_refuses_no_work(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _configure(settings, monkeypatch, "redis", sent=None)

        make_started_video()

        assert StageRun.objects.filter(status="QUEUED").count() == 1


class _Redis:
    """The few commands that django-q2's Redis broker uses; without a list it is out of order."""

    def __init__(self, sent: list[Any] | None) -> None:
        self._sent = sent

    def rpush(self, _key: str, task: str) -> int:
        if self._sent is None:
            raise ConnectionError
        self._sent.append(task)
        return len(self._sent)

    def llen(self, _key: str) -> int:
        return len(self._sent or [])


def _configure(
    settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str, sent: list[Any] | None = None
) -> None:
    """Set what `Q_BROKER=kind` sets."""
    settings.Q_BROKER = kind
    if kind != "postgres":
        monkeypatch.setattr(Conf, "BROKER_CLASS", None)
    if kind == "redis":
        from django_q.brokers.redis_broker import Redis

        monkeypatch.setattr(Conf, "ORM", None)
        monkeypatch.setattr(Redis, "get_connection", staticmethod(lambda _key: _Redis(sent)))


def _next(broker: PostgresBroker) -> tuple[int, str]:
    """Return the next message, waiting for it as django-q2's pusher does."""
    return until(broker.dequeue)[0]


def _enqueue_slowly(committed: list[float]) -> None:
    with transaction.atomic():
        PostgresBroker("cpu").enqueue("task")
        time.sleep(0.3)
        committed.append(time.monotonic())
    connection.close()


def _drain() -> list[int]:
    broker, numbers = PostgresBroker("cpu"), []
    try:
        while messages := broker.dequeue():
            numbers += [number for number, _ in messages]
    finally:
        broker.hang_up()
        connection.close()
    return numbers


def _listeners() -> set[int]:
    """Return the server processes of the connections that listen in the tests' database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def _server_process(broker: PostgresBroker) -> int:
    return int(broker._listener.connection.info.backend_pid)


def _cut_listeners() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [[*_listeners()]])
