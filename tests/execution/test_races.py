"""Requests beside transactions that change the same video: neither is lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import connection, transaction

from pipeline.models import PipelineRun
from pipeline.services import Outdated, cancel, retry, settle
from tests import factories
from tests.execution.conftest import Configure, claimed, make_started_video
from tests.patience import PATIENCE_S, until
from videos.models import Video
from videos.services import video_update

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def uncommitted(change: Callable[[], object]) -> Iterator[None]:
    """Have another make the change, and commit it once somebody waits for its locks."""
    made = Event()

    def make() -> None:
        try:
            with transaction.atomic():
                change()
                made.set()
                until(_somebody_waits)
        finally:
            made.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(make)
        made.wait(PATIENCE_S)
        yield
        other.result()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


class TestACancel:
    def test_beside_a_run_that_is_planned_anew_ends_the_new_one(self, stages: Configure) -> None:
        video = make_started_video()
        lease = claimed()

        with uncommitted(lambda: settle(lease, Outdated())):
            cancel(video=video)

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED
        assert set(video.runs.values_list("status", flat=True)) == {"CANCELLED"}


class TestANewPriority:
    def test_reaches_a_run_that_is_planned_anew(self, stages: Configure) -> None:
        video = make_started_video()
        lease = claimed()

        with uncommitted(lambda: settle(lease, Outdated())):
            video_update(video=video, changes={"priority": 9})

        assert _active(video).priority == 9

    def test_reaches_a_run_that_a_retry_opens_meanwhile(self, stages: Configure) -> None:
        video = factories.make_video(status=Video.Status.FAILED)

        with uncommitted(lambda: retry(video=video)):
            video_update(video=Video.objects.get(id=video.id), changes={"priority": 9})

        run = _active(video)
        assert run.priority == 9
        assert set(run.stages.values_list("priority", flat=True)) == {9}

    def test_holds_for_a_retry_that_was_asked_for_before(self, stages: Configure) -> None:
        video = factories.make_video(status=Video.Status.FAILED)
        video_update(video=Video.objects.get(id=video.id), changes={"priority": 9})

        assert retry(video=video).priority == 9


def _active(video: Video) -> PipelineRun:
    return video.runs.get(status=PipelineRun.Status.ACTIVE)
