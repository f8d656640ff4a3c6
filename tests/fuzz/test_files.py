"""A few hostile files of each kind through the real stages; `make fuzz` sends five hundred."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import computation, runner
from pipeline.models import StageRun
from tests import factories
from tests.execution.conftest import end_pauses
from tests.fuzz.containers import whole
from tests.fuzz.crafted import crafted
from tests.fuzz.files import documented_codes
from videos.models import Video
from videos.services import store_stream, video_create

pytestmark = pytest.mark.django_db(transaction=True)

_CANARY = b"what only the server may read"
_SAMPLE = (
    "pointing ffconcat",
    "pointing external data",
    "lying ten hours, one packet",
    "lying ten hours between two packets",
    "vast png",
    "vast narrow",
    "vast stretched",
    "nested moov in moov",
    "nested zlib bomb",
    "crowded 3000 tracks",
    "timed jumping sound",
    "timed two sizes",
    "sounding 255 channels",
    "sounding 1 Hz",
    "posing pdf and mp4",
)


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """Name → content of the chosen files; some point at a file of the server's."""
    canary = tmp_path / "canary.txt"
    canary.write_bytes(_CANARY)
    made = dict(crafted(canary))
    yield {name: made[name] for name in _SAMPLE}
    computation.discard_children()


class TestHostileFiles:
    def test_end_with_a_documented_code_and_tell_nothing(
        self, hostile: dict[str, bytes], media_root: Path
    ) -> None:
        for name, content in hostile.items():
            _upload(name, content)

        _work_off()

        ended = {video.title: video.status for video in Video.objects.all()}
        assert set(ended.values()) <= {"COMPLETED", "FAILED"}, ended
        reasons = {
            (row.run.video.title, row.name): row.reason["code"]
            for row in StageRun.objects.exclude(reason=None).select_related("run__video")
            if row.reason
        }
        unknown = {key: code for key, code in reasons.items() if code not in documented_codes()}
        assert unknown == {}
        written = (path for path in media_root.rglob("*") if path.is_file())
        assert not [path for path in written if _CANARY in path.read_bytes()]

    def test_do_not_keep_a_whole_one_from_its_end(self) -> None:
        _upload("zlib bomb", b"\x1aE\xdf\xa3")
        _upload("whole", whole("mp4"))

        _work_off()

        assert Video.objects.get(title="whole").status == Video.Status.COMPLETED


def _upload(name: str, content: bytes) -> None:
    upload = store_stream(chunks=[content], filename=f"../{name}\u202e.mp4")
    video_create(workspace=factories.default_workspace(), upload=upload, title=name, profile="fast")


def _work_off() -> None:
    while StageRun.objects.filter(status="QUEUED").exists():
        end_pauses()
        for queue in StageRun.Queue.values:
            runner.run_one(queue)
