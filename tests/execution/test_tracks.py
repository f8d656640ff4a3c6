"""What was followed through the pictures becomes rows, and words that search finds."""

import pytest
from rest_framework.test import APIClient

from pipeline.models import StageRun
from pipeline.results import Coverage, Detection, Objects, Track
from pipeline.services import Succeeded, settle
from pipeline.writers import erase, write
from tests import factories
from tests.execution.conftest import claimed
from videos.models import Passage
from videos.models import Track as TrackRow

pytestmark = pytest.mark.django_db


def found(label: str, start_ms: int, end_ms: int) -> Track:
    boxes = (Detection(start_ms, (0.1, 0.2, 0.3, 0.1), 0.8),)
    return Track(label, start_ms, end_ms, 0.8, boxes)


def result(*tracks: Track) -> Objects:
    return Objects(tracks, Coverage(10, 160), "yolox-nano")


@pytest.fixture
def stage_run(db: None) -> StageRun:
    run = factories.make_run(factories.make_video())
    return factories.make_stage_run(run, "find_objects", status=StageRun.Status.RUNNING)


class TestTracks:
    def test_replace_those_of_an_earlier_run_and_no_faces(self, stage_run: StageRun) -> None:
        video = stage_run.run.video
        face = factories.make_track(video, stage_run, kind=TrackRow.Kind.FACE)
        write(stage_run, result(found("cat", 0, 100), found("cup", 0, 100)))

        write(stage_run, result(found("cup", 500, 900)))

        (row,) = TrackRow.objects.exclude(id=face.id)
        assert (row.label, row.start_ms, row.end_ms, row.kind) == ("cup", 500, 900, "object")
        assert row.boxes == [{"at_ms": 500, "box": [0.1, 0.2, 0.3, 0.1], "confidence": 0.8}]

    def test_of_one_label_at_one_moment_are_one_hit(self, stage_run: StageRun) -> None:
        crowd = [found("person", 0, 5000), found("person", 1000, 2000), found("person", 6500, 7000)]

        write(stage_run, result(*crowd, found("dog", 1000, 2000), found("person", 9500, 9900)))

        spans = Passage.objects.order_by("text", "start_ms").values_list(
            "text", "start_ms", "end_ms"
        )
        assert list(spans) == [
            ("dog", 1000, 2000),
            ("person", 0, 7000),
            ("person", 9500, 9900),
        ]

    def test_go_where_a_later_run_finds_nothing_to_look_at(self, stage_run: StageRun) -> None:
        write(stage_run, result(found("cat", 0, 100)))

        erase(stage_run)

        assert not TrackRow.objects.exists()
        assert not Passage.objects.exists()


class TestCoverage:
    def test_stands_beside_the_stage(self, api: APIClient) -> None:
        run = factories.make_run(factories.make_video())
        factories.make_stage_run(run, "find_objects", status=StageRun.Status.QUEUED)
        lease = claimed()

        settle(lease, Succeeded(model="yolox-nano", artefact="", result=result()))

        (stage,) = api.get(f"/api/v1/videos/{run.video_id}").json()["stages"]
        assert stage["coverage"] == {"pictures": 10, "largest_gap_ms": 160}
