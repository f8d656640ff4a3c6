"""Speech in shards, through real workers: the transcript does not depend on how many there are."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline import registry, results, store
from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.fleet import Fleet
from pipeline.models import StageRun
from pipeline.results import Transcript
from pipeline.stages.detect_speech import DetectSpeech
from pipeline.stages.extract_audio import ExtractAudio
from pipeline.stages.probe import Probe
from pipeline.stages.transcribe import Transcribe
from tests import clips, factories
from tests.e2e import speech_settings
from tests.execution.clusters import ended, tend_until
from tests.pipeline.running import run_stages
from videos.models import Video
from videos.services.uploads import store_stream
from videos.services.videos import video_create, video_delete

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def split_speech(
    workers_environment: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[None]:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.e2e.speech_settings")
    settings.PIPELINE_STAGES = speech_settings.PIPELINE_STAGES
    settings.PIPELINE_PROFILES = speech_settings.PIPELINE_PROFILES
    settings.PIPELINE_QUEUES = speech_settings.PIPELINE_QUEUES
    registry.stages.cache_clear()
    yield
    registry.stages.cache_clear()


class TestTheNumberOfWorkers:
    def test_changes_nothing(
        self, split_speech: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        clip = tmp_path / "speech.wav"
        clips.speech(clip, times=2)
        expected = _in_one_process(clip, tmp_path)
        assert len(expected.cues) > 10

        for workers in (1, 3):
            monkeypatch.setenv("PIPELINE_WORKERS", str(workers))
            video = _analyse(clip)

            assert video.status == Video.Status.COMPLETED, video.status_reason
            assert _transcript(video) == expected, workers
            video_delete(video=video)  # so that the next one takes nothing over


def _in_one_process(clip: Path, folder: Path) -> Transcript:
    """What one process hears that knows of no shards."""
    stages = (Probe(), ExtractAudio(), DetectSpeech("en", chunks_per_shard=1000))
    done: dict[type, Upstream] = run_stages(clip, folder, stages)
    ctx = Context(VideoInfo(clip), folder, folder, 1, done, lambda _: None)
    parameters = speech_settings.PIPELINE_STAGES["pipeline.stages.transcribe.Transcribe"]
    transcript: Transcript = Transcribe(**parameters).run(ctx)
    return transcript


def _analyse(clip: Path) -> Video:
    video = video_create(
        workspace=factories.default_workspace(),
        upload=store_stream(chunks=[clip.read_bytes()], filename="speech.wav"),
        language="en",
    )
    with Fleet({"workers": ["work"]}) as fleet:
        tend_until(fleet, partial(ended, video))
    return video


def _transcript(video: Video) -> Transcript:
    """Return what the workers joined."""
    whole, *parts = StageRun.objects.filter(run__video=video, name="transcribe").order_by("shard")
    assert len(parts) >= 3
    return results.load(Transcript, store.absolute(whole.artefact))
