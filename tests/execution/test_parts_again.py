"""Parts that were computed before: what is run again takes them over."""

from pathlib import Path

import pytest

from pipeline import runner, store
from pipeline.services import (
    cancel,
    reprocess,
    retry,
)
from tests.execution.conftest import make_started_video, work_off
from tests.execution.parts import Configure, joined, marker, rows, share, split
from tests.execution.shards import LENGTH_MS
from videos.lifecycle import Reason
from videos.models import Video

__all__ = ["marker", "share"]  # fixtures

pytestmark = pytest.mark.django_db
committing = pytest.mark.django_db(transaction=True)

SAME = "a" * 64
_REASON = Reason(code="not_media", message="It is no video.")


class TestRetry:
    def test_computes_the_failed_part_alone(self, share: Configure, marker: Path) -> None:
        video = work_off(make_started_video())
        before = rows(video)
        marker.unlink()

        retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        after = rows(video)
        assert [row.reused for row in after] == [False, True, False, True]
        assert [row.attempt for row in after] == [1, 0, 1, 0]
        assert after[1].artefact == before[1].artefact
        assert joined(video) == [0, 1000, 2000]

    def test_keeps_what_was_done_before_a_cancellation(self, share: Configure) -> None:
        video = split()
        runner.run_one("cpu")
        cancel(video=video)
        retry(video=video)
        cancel(video=video)  # a second one, before anything else was done
        retry(video=video)

        work_off(video)

        assert [row.reused for row in rows(video)] == [False, True, False, False]
        assert joined(video) == [0, 1000, 2000]

    def test_joins_again_without_computing(self, share: Configure, marker: Path) -> None:
        share(act="join")
        video = work_off(make_started_video())
        marker.unlink()

        retry(video=video)
        work_off(video)

        assert [row.reused for row in rows(video)] == [False, True, True, True]
        assert joined(video) == [0, 1000, 2000]

    def test_computes_parts_whose_files_are_gone(self, share: Configure, marker: Path) -> None:
        video = work_off(make_started_video())
        store.discard(store.absolute(rows(video)[1].artefact))
        marker.unlink()

        retry(video=video)
        work_off(video)

        assert [row.reused for row in rows(video)] == [False, False, False, True]

    def test_of_a_reprocessing_keeps_what_that_has_computed(
        self, share: Configure, marker: Path
    ) -> None:
        marker.unlink()
        video = work_off(make_started_video())
        marker.touch()
        reprocess(video=video, stages=["share"])
        work_off(video)
        marker.unlink()

        retry(video=video)
        work_off(video)

        assert [row.reused for row in rows(video)] == [False, True, False, True]


class TestReprocess:
    @committing
    def test_computes_all_parts_anew_and_removes_the_old(self, share: Configure) -> None:
        video = work_off(make_started_video())
        old = [store.absolute(row.artefact) for row in rows(video)]

        reprocess(video=video, stages=["share"])
        work_off(video)

        assert not any(row.reused for row in rows(video))
        assert not any(folder.exists() for folder in old)
        assert joined(video) == [0, 1000, 2000]

    def test_of_what_comes_after_takes_the_stage_over_whole(self, share: Configure) -> None:
        video = work_off(make_started_video())

        reprocess(video=video, stages=["use"])
        work_off(video)

        assert [(row.shard, row.reused) for row in rows(video)] == [(0, True)]
        assert rows(video, "cut")[0].shard_lengths_ms == [LENGTH_MS] * 3


class TestTwins:
    def test_take_the_joined_result_over_without_parts(self, share: Configure) -> None:
        work_off(make_started_video(checksum_sha256=SAME))

        video = work_off(make_started_video(checksum_sha256=SAME))

        assert [row.reused for row in rows(video)] == [True]
        assert rows(video, "cut")[0].shard_lengths_ms == [LENGTH_MS] * 3
        assert joined(video) == [0, 1000, 2000]

    def test_compute_all_in_one_where_the_joined_files_are_gone(self, share: Configure) -> None:
        twin = work_off(make_started_video(checksum_sha256=SAME))
        store.discard(store.absolute(rows(twin)[0].artefact))

        video = work_off(make_started_video(checksum_sha256=SAME))

        assert [(row.status, row.reused) for row in rows(video)] == [("SUCCEEDED", False)]
        assert joined(video) == [0, 1000, 2000]

    def test_take_finished_parts_over(self, share: Configure, marker: Path) -> None:
        work_off(make_started_video(checksum_sha256=SAME))
        marker.unlink()

        video = work_off(make_started_video(checksum_sha256=SAME))

        assert [row.reused for row in rows(video)] == [False, True, False, True]
        assert joined(video) == [0, 1000, 2000]

    def test_serve_a_retry_too(self, share: Configure) -> None:
        video = split(checksum_sha256=SAME)
        cancel(video=video)
        work_off(make_started_video(checksum_sha256=SAME))

        retry(video=video)
        work_off(video)

        assert [row.reused for row in rows(video)] == [True]
        assert joined(video) == [0, 1000, 2000]
