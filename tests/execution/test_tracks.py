"""What was followed through the pictures becomes rows, and words that search finds."""

import pytest

from pipeline.models import StageRun
from pipeline.results import Coverage, Detection, Objects, Track
from pipeline.writers import write
from tests import factories
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
