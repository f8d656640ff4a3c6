"""The database refuses every change of status that the models do not document."""

from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipeline.models import PipelineRun, StageRun
from tests import factories
from videos.errors import InvalidTransition
from videos.lifecycle import move
from videos.models import Video


@pytest.mark.django_db
class TestTransitions:
    """The triggers hold what the models document."""

    @pytest.mark.parametrize(("old", "new"), list(product(Video.Status, repeat=2)))
    def test_of_videos(self, old: Video.Status, new: Video.Status) -> None:
        video = factories.make_video(status=old)
        reason = {"code": "x", "message": "y"} if new == Video.Status.FAILED else None

        def change() -> None:
            Video.objects.filter(id=video.id).update(status=new, status_reason=reason)

        assert _allowed(change) == (old == new or new in Video.TRANSITIONS[old])

    @pytest.mark.parametrize(("old", "new"), list(product(StageRun.Status, repeat=2)))
    def test_of_stages(self, old: StageRun.Status, new: StageRun.Status) -> None:
        run = factories.make_run(factories.make_video())
        row = factories.make_stage_run(run, status=old)
        running = new == StageRun.Status.RUNNING
        values: dict[str, Any] = {
            "status": new,
            "reason": {"code": "x", "message": "y"},
            "lease_token": uuid4() if running else None,
            "lease_expires_at": timezone.now() if running else None,
        }

        def change() -> None:
            StageRun.objects.filter(id=row.id).update(**values)

        unchanged = old == new and old not in StageRun.ENDED
        assert _allowed(change) == (unchanged or new in StageRun.TRANSITIONS[old])

    @pytest.mark.parametrize(("old", "new"), list(product(PipelineRun.Status, repeat=2)))
    def test_of_runs(self, old: PipelineRun.Status, new: PipelineRun.Status) -> None:
        run = factories.make_run(factories.make_video(), status=old)
        finished_at = None if new == PipelineRun.Status.ACTIVE else timezone.now()

        def change() -> None:
            PipelineRun.objects.filter(id=run.id).update(status=new, finished_at=finished_at)

        assert _allowed(change) == (old in (new, PipelineRun.Status.ACTIVE))

    def test_refused_are_told_as_such(self) -> None:
        video = factories.make_video(status=Video.Status.COMPLETED)

        with pytest.raises(InvalidTransition):
            move(video.id, Video.Status.CANCELLED)


def _allowed(change: Callable[[], None]) -> bool:
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return False
    return True
