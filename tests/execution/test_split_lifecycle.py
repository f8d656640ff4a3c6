"""Any interleaving of what befalls a split stage, held against what must always be true."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
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

from pipeline import registry, services
from pipeline.models import PipelineRun, StageRun
from pipeline.results import Shard
from pipeline.selectors import with_parts
from pipeline.services import Again, Failed, Lease, Outcome, Skipped, Succeeded, recovery
from tests.execution.conftest import end_pauses, make_started_video
from tests.execution.shards import LENGTH_MS, Joined, Piece, Pieces, Used
from videos.errors import InvalidTransition
from videos.lifecycle import Reason
from videos.models import Video

_SHARDS = 3
_REASON = Reason(code="not_media", message="It is no video.")
_ENDS = ["well"] * 6 + ["failed", "skipped", "again", "lost"]
_EFFORT = effort(
    max_examples=effort().max_examples // 5,
    stateful_step_count=50,
    phases=[Phase.generate],
)


class SplitLifecycle(RuleBasedStateMachine):
    """Two videos with the same bytes, whose second stage has three parts."""

    def __init__(self) -> None:
        super().__init__()
        Video.objects.all().delete()
        self.videos = [make_started_video() for _ in range(2)]
        self.leases: list[Lease] = []

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        acts: list[Callable[[st.DataObject], None]] = [*[self.claim] * 6, self.wait, self.wish]
        if self.leases:
            acts += [*[self.settle] * 6, self.expire, self.hand_back]
        data.draw(st.sampled_from(acts), label="act")(data)

    def claim(self, data: st.DataObject) -> None:
        if lease := services.claim(queue="cpu", worker="w"):
            self.leases.append(lease)
            if lease.name == "share" and not lease.shard:
                assert len(lease.parts) in (0, _SHARDS)

    def settle(self, data: st.DataObject) -> None:
        end = data.draw(st.sampled_from(_ENDS), label="end")
        lease = self._lease(data)

        services.settle(lease, _outcome(lease, end))

    def hand_back(self, data: st.DataObject) -> None:
        services.hand_back(self._lease(data))

    def expire(self, data: st.DataObject) -> None:
        StageRun.objects.held(self._lease(data).token).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )
        assert services.recover().advanced == 0

    def wait(self, data: st.DataObject) -> None:
        end_pauses()

    def wish(self, data: st.DataObject) -> None:
        """Cancel, retry, reprocess, or give another priority."""
        video = Video.objects.get(id=data.draw(st.sampled_from(self.videos), label="video").id)
        chosen = data.draw(st.sampled_from(["cut", "share", "use"]), label="chosen")
        wishes: dict[str, Callable[[], object]] = {
            "cancel": lambda: services.cancel(video=video),
            "retry": lambda: services.retry(video=video),
            "reprocess": lambda: services.reprocess(video=video, stages=[chosen]),
            "reprioritise": lambda: services.reprioritise(video=video),
        }
        video.priority = data.draw(st.integers(0, 9), label="priority")
        with suppress(InvalidTransition):
            wishes[data.draw(st.sampled_from(sorted(wishes)), label="wish")]()

    @invariant()
    def nothing_stands_still(self) -> None:
        assert not recovery._stuck().exists()

    @invariant()
    def the_stage_ends_as_its_parts_do(self) -> None:
        for run in PipelineRun.objects.all():
            stages = {row.name: row for row in with_parts(run.stages.all())}
            share = stages["share"]
            ends = {part.status for part in share.parts}
            assert len(share.parts) in (0, _SHARDS)
            if share.parts and share.status in ("QUEUED", "RUNNING", "SUCCEEDED"):
                assert ends == {"SUCCEEDED"}
            if run.status != "ACTIVE":
                assert {row.status for row in run.stages.all()} <= set(StageRun.ENDED)
            if run.status == "SUCCEEDED" and stages["cut"].status == "SUCCEEDED":
                assert share.status in ("SUCCEEDED", "SKIPPED")

    def teardown(self) -> None:
        """Whatever happened, workers bring all to an end."""
        StageRun.objects.filter(status="RUNNING").update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )
        services.recover()
        for _ in range(40):
            if lease := services.claim(queue="cpu", worker="w"):
                services.settle(lease, _outcome(lease, "well"))
            end_pauses()
        assert not PipelineRun.objects.filter(status="ACTIVE").exists()
        assert not Video.objects.filter(status__in=Video.OPEN).exists()

    def _lease(self, data: st.DataObject) -> Lease:
        lease: Lease = data.draw(st.sampled_from(self.leases[-4:]), label="lease")
        return lease


@pytest.fixture
def split_stages(settings: Any) -> Iterator[None]:
    settings.PIPELINE_STAGES = {f"tests.execution.shards.{n}": {} for n in ("Cut", "Share", "Use")}
    settings.PIPELINE_PROFILES = {"standard": {name: {} for name in ("cut", "share", "use")}}
    settings.PIPELINE_MAX_ATTEMPTS = settings.PIPELINE_MAX_LOSSES = 3
    registry.stages.cache_clear()
    yield
    registry.stages.cache_clear()


@pytest.mark.hypothesis
@pytest.mark.django_db
class TestSplitLifecycle:
    def test_holds_under_any_interleaving(self, split_stages: None, still: None) -> None:
        run_state_machine_as_test(SplitLifecycle, settings=_EFFORT)


def _outcome(lease: Lease, end: str) -> Outcome:
    match end:
        case "failed":
            return Failed(_REASON)
        case "skipped":
            return Skipped(_REASON)
        case "again" | "lost":
            return Again(_REASON, lost=end == "lost")
    starts = range(0, _SHARDS * LENGTH_MS, LENGTH_MS)
    results: dict[str, object] = {
        "cut": Pieces(tuple(Shard(start, start + LENGTH_MS) for start in starts)),
        "share": Piece(0, 1) if lease.shard else Joined(()),
        "use": Used(0),
    }
    return Succeeded(model="", artefact="", result=results[lease.name])
