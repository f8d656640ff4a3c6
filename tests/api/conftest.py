"""Videos about which the API is asked."""

import pytest

from pipeline.models import StageRun
from tests import factories
from tests.asking import FACTS, spoken
from videos.models import Transcript, Video


@pytest.fixture
def video(db: None) -> Video:
    """A video of which nothing is known yet; where a test wants more, its module says what."""
    return factories.make_video(title="Harbour")


@pytest.fixture
def analysed(db: None) -> Video:
    """A video with two shots, two cues, a text, a boat, two faces, nudity and a siren."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    run = factories.make_run(video)
    ended = {"status": StageRun.Status.SUCCEEDED}
    shots = factories.make_stage_run(run, "detect_shots", version=2, **ended)
    speech = factories.make_stage_run(run, "transcribe", model="whisper-base", **ended)
    texts = factories.make_stage_run(run, "read_text", **ended)
    factories.make_shot(
        video,
        shots,
        index=1,
        start_ms=5000,
        end_ms=10_000,
        confidence=0.7,
        transition="dissolve",
        transition_ms=640,
    )
    factories.make_shot(video, shots)
    Transcript.objects.create(video=video, stage_run=speech, language="en")
    factories.make_cue(video, speech, start_ms=6000, end_ms=7000, text="Two <i>&\nthree.")
    factories.make_cue(video, speech)
    factories.make_screen_text(video, texts)
    objects = factories.make_stage_run(run, "find_objects", model="yolox-nano", **ended)
    factories.make_track(video, objects)
    faces = factories.make_stage_run(run, "find_faces", model="centerface", **ended)
    for start_ms, end_ms in ((1000, 4000), (2500, 6000)):
        factories.make_track(
            video, faces, kind="face", label="face", start_ms=start_ms, end_ms=end_ms
        )
    screen = factories.make_stage_run(run, "screen_nudity", model="open-nsfw", **ended)
    factories.make_nudity_span(video, screen)
    ear = factories.make_stage_run(run, "hear_events", model="yamnet", **ended)
    factories.make_sound_event(video, ear)
    chapters = factories.make_stage_run(run, "split_chapters", model="minilm", **ended)
    factories.make_chapter(video, chapters)
    split = factories.make_stage_run(run, "split_speakers", model="campplus", **ended)
    factories.make_turn(video, split)
    return video


@pytest.fixture
def harbour(db: None) -> Video:
    """A video in which somebody says `FACTS`."""
    return spoken(*FACTS)


@pytest.fixture
def heard(db: None) -> Video:
    """A video with three cues, the first two of which touch."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    stage = factories.make_stage_run(factories.make_run(video, status="SUCCEEDED"), "transcribe")
    for start_ms in (4000, 1000, 2000):
        factories.make_cue(video, stage, start_ms=start_ms, end_ms=start_ms + 1000)
    return video
