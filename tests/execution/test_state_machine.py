"""Any interleaving of what users, workers and the sweeper do, held against a model of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import Phase
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pipeline import services
from pipeline.models import PipelineRun, StageRun
from pipeline.services import Again, Failed, Lease, Outcome, Skipped, Standing, Succeeded
from tests.execution import faults
from tests.execution.conftest import Configure, end_pauses, make_started_video
from tests.execution.lifecycle import NEEDS, ModelStage, ModelVideo, downstream
from videos.errors import InvalidTransition
from videos.lifecycle import Reason
from videos.models import Video
from videos.services.videos import video_delete

T = TypeVar("T")

_REASON = Reason(code="not_media", message="It is no video.")
_OUTCOMES: dict[str, Outcome] = {
    "SUCCEEDED": Succeeded(model="", artefact="", result=faults.First(1)),
    "SKIPPED": Skipped(_REASON),
    "FAILED": Failed(_REASON),
    "AGAIN": Again(_REASON),
    "LOST": Again(_REASON, lost=True),
}
_EFFORT = effort(
    max_examples=effort().max_examples // 4,
    stateful_step_count=40,
    # Making a failure's story short would take minutes: one of 40 steps can be read.
    phases=[Phase.generate],
)


class Lifecycle(RuleBasedStateMachine):
    """Acts on the services as everybody does, in any order, with leases living and dead."""

    def __init__(self) -> None:
        super().__init__()
        Video.objects.all().delete()
        self.videos: dict[UUID, ModelVideo] = {}
        self.leases: list[Lease] = []
        self.history: dict[UUID, dict[str, Any]] = {}

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """Do one of what is possible. One rule: hypothesis would leave whole rules out at times."""
        acts: list[Callable[[st.DataObject], None]] = [self.start] if len(self.videos) < 3 else []
        if self.videos:
            acts += [*[self.claim] * 3, self.cancel, self.retry, self.wait]
            acts += [self.reprocess, self.deliver_for_nothing]
        if self.leases:
            acts += [*[self.settle, self.expire] * 3, self.renew, self.look, self.hand_back]
        if len(self.videos) == 3:
            acts.append(self.delete)
        act = data.draw(st.sampled_from(acts), label="act")
        act(data)

    def start(self, data: st.DataObject) -> None:
        video = ModelVideo()
        video.advance()
        checksum = uuid4().hex * 2  # its own: no result is taken over from another video
        self.videos[make_started_video(checksum_sha256=checksum).id] = video

    def claim(self, data: st.DataObject) -> None:
        lease = services.claim(queue="cpu", worker="w")

        ready = [(s, v) for v in self.videos.values() for s in v.stages.values() if s.ready]
        assert (lease is None) == (not ready)
        if lease:
            video = self.videos[lease.video_id]
            stage = video.stages[lease.name]
            assert stage.ready
            stage.status, stage.token = "RUNNING", lease.token
            stage.attempt += 1
            video.status = "PROCESSING"
            self.leases.append(lease)

    def renew(self, data: st.DataObject) -> None:
        lease, _, stage = self._lease(data)

        renewed = services.renew(lease, progress=0.5)

        assert renewed == (stage is not None)

    def look(self, data: st.DataObject) -> None:
        lease, video, stage = self._lease(data)

        standing = services.standing(lease)

        if stage is None:
            assert standing is Standing.LOST
        else:
            assert standing is (Standing.CANCELLED if video.cancelling else Standing.HELD)

    def settle(self, data: st.DataObject) -> None:
        lease, video, stage = self._lease(data)
        end = data.draw(st.sampled_from(sorted(_OUTCOMES)), label="end")

        settled = services.settle(lease, _OUTCOMES[end])

        assert settled == (stage is not None)
        if stage is None:
            return
        if end in ("AGAIN", "LOST"):
            end = self._try_again(video, stage, lost=end == "LOST")
        stage.release(end)
        video.advance()

    def _try_again(self, video: ModelVideo, stage: ModelStage, *, lost: bool) -> str:
        if video.cancelling:
            return "CANCELLED"
        tries = stage.losses + 1 if lost else stage.attempt
        most = settings.PIPELINE_MAX_LOSSES if lost else settings.PIPELINE_MAX_ATTEMPTS
        if tries >= most:
            return "FAILED"
        if lost:
            stage.losses += 1
            stage.attempt -= 1
        stage.backs_off = True
        return "QUEUED"

    def hand_back(self, data: st.DataObject) -> None:
        lease, video, stage = self._lease(data)

        handed = services.hand_back(lease)

        assert handed == (stage is not None)
        if stage and video.cancelling:
            stage.release("CANCELLED")
            video.advance()
        elif stage:
            stage.release("QUEUED")
            stage.attempt -= 1

    def expire(self, data: st.DataObject) -> None:
        lease, video, stage = self._lease(data)
        expired = StageRun.objects.held(lease.token).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )

        found = services.recover()

        assert expired == (stage is not None)
        if stage is None:
            assert (found.requeued, found.failed) == (0, 0)
            return
        stage.attempt -= 1
        stage.losses += 1
        if video.cancelling:
            stage.release("CANCELLED")
        else:
            lost = stage.losses >= settings.PIPELINE_MAX_LOSSES
            stage.release("FAILED" if lost else "QUEUED")
        video.advance()

    def wait(self, data: st.DataObject) -> None:
        """The time of every backoff passes."""
        end_pauses()
        for video in self.videos.values():
            for stage in video.stages.values():
                stage.backs_off = False

    def cancel(self, data: st.DataObject) -> None:
        row, video = self._video(data)

        if _refused(lambda: services.cancel(video=row)):
            assert not video.active
            return
        assert video.active
        video.cancelling = True
        for stage in video.stages.values():
            if stage.status in ("WAITING", "QUEUED"):
                stage.status = "CANCELLED"
        video.advance()

    def retry(self, data: st.DataObject) -> None:
        row, video = self._video(data)

        if _refused(lambda: services.retry(video=row)):
            assert video.status not in ("FAILED", "CANCELLED")
            return
        assert video.status in ("FAILED", "CANCELLED")
        again = ModelVideo(status="PROCESSING")
        for stage in StageRun.objects.filter(run__video=row).order_by("run__created_at"):
            # What may be taken over is the planner's matter; here it must only have ended well.
            if stage.reused and stage.run.status == "ACTIVE":
                assert video.stages[stage.name].status in ("SUCCEEDED", "SKIPPED")
                again.stages[stage.name].status = stage.status
        again.advance()
        self.videos[row.id] = again

    def reprocess(self, data: st.DataObject) -> None:
        """What is previewed comes true, stage by stage."""
        row, video = self._video(data)
        chosen = data.draw(st.sets(st.sampled_from(sorted(NEEDS)), max_size=2), label="chosen")
        foreseen = _attempt(lambda: services.preview(video=row, stages=chosen))

        run = _attempt(lambda: services.reprocess(video=row, stages=chosen))

        assert (foreseen is None) == (run is None) == video.active
        if foreseen is None or run is None:
            return
        to_reuse = {one.name: one.status for one in foreseen.would_reuse}
        to_run = {one.name for one in foreseen.would_run}
        assert to_reuse.keys() | to_run == NEEDS.keys()
        for name in chosen or NEEDS:
            assert to_run >= downstream(name)
        rows = StageRun.objects.filter(run=run)
        assert {stage.name for stage in rows if not stage.reused} == to_run
        again = ModelVideo(status="PROCESSING")
        for name, status in to_reuse.items():
            assert video.stages[name].status == status
            again.stages[name].status = status
        again.advance()
        self.videos[row.id] = again

    def deliver_for_nothing(self, data: st.DataObject) -> None:
        """A message doubled, early or of another queue finds no more than there is."""
        if any(s.ready for v in self.videos.values() for s in v.stages.values()):
            assert services.claim(queue="gpu", worker="w") is None
        else:
            assert services.claim(queue="cpu", worker="w") is None

    def delete(self, data: st.DataObject) -> None:
        row, _ = self._video(data)
        del self.videos[row.id]

        video_delete(video=row)

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        statuses = dict(Video.objects.values_list("id", "status"))
        assert statuses == {video_id: video.status for video_id, video in self.videos.items()}
        runs = list(PipelineRun.objects.order_by("created_at"))
        newest = {run.video_id: run.id for run in runs}
        current = {run_id: video_id for video_id, run_id in newest.items()}
        active = [run.video_id for run in runs if run.status == "ACTIVE"]
        assert sorted(active) == sorted(v for v, video in self.videos.items() if video.active)
        rows = list(StageRun.objects.all())
        for row in rows:
            if row.run_id in current:
                self._check(row, self.videos[current[row.run_id]])
        self._check_history(rows)

    def _check(self, row: StageRun, video: ModelVideo) -> None:
        wanted = video.stages[row.name]
        assert (row.status, row.lease_token) == (wanted.status, wanted.token)
        assert (row.attempt, row.losses) == (wanted.attempt, wanted.losses)

    def _check_history(self, rows: list[StageRun]) -> None:
        """Ended rows never change."""
        for row in rows:
            now = {name: value for name, value in vars(row).items() if name != "_state"}
            assert row.id not in self.history or self.history[row.id] == now
            if row.status in StageRun.ENDED:
                self.history[row.id] = now

    def _lease(self, data: st.DataObject) -> tuple[Lease, ModelVideo, ModelStage | None]:
        """Draw a lease, with its stage where the model says that it still holds."""
        lease = data.draw(st.sampled_from(self.leases[-3:]), label="lease")
        video = self.videos.get(lease.video_id, ModelVideo())
        stage = video.stages[lease.name]
        return lease, video, stage if stage.token == lease.token else None

    def _video(self, data: st.DataObject) -> tuple[Video, ModelVideo]:
        video_id = data.draw(st.sampled_from(list(self.videos)), label="video")
        return Video.objects.get(id=video_id), self.videos[video_id]


@pytest.mark.hypothesis
@pytest.mark.django_db
class TestLifecycle:
    def test_holds_under_any_interleaving(
        self, stages: Configure, still: None, settings: Any
    ) -> None:
        settings.PIPELINE_MAX_ATTEMPTS = 2
        settings.PIPELINE_MAX_LOSSES = 2

        run_state_machine_as_test(Lifecycle, settings=_EFFORT)


def _attempt(call: Callable[[], T]) -> T | None:
    """Return what the call returns; None: it is refused."""
    try:
        return call()
    except InvalidTransition:
        return None


def _refused(call: Callable[[], object]) -> bool:
    return _attempt(call) is None
