"""Speakers and their turns."""

from dataclasses import asdict

from pipeline.media.labels import labels
from pipeline.models import StageRun
from pipeline.results import Speakers
from pipeline.writers.rows import replace
from videos.models import Speaker, SpeakerTurn


def write_speakers(stage_run: StageRun, result: Speakers) -> None:
    """Replace the video's turns; speakers who are found again keep their labels and names.

    After a run that found nobody there is nothing to compare: then names go by number.
    """
    video_id = stage_run.run.video_id
    old = SpeakerTurn.objects.filter(video_id=video_id)
    before = old.order_by("start_ms").values_list("speaker__label", "start_ms", "end_ms")
    given = labels(result.turns, list(before))
    old.delete()
    speakers = Speaker.objects.filter(video_id=video_id)
    speakers.exclude(label__in=given.values()).delete()
    Speaker.objects.bulk_create(
        (Speaker(video_id=video_id, label=label) for label in given.values()),
        ignore_conflicts=True,  # who was known
    )
    known = {speaker.label: speaker for speaker in speakers}
    replace(
        stage_run,
        SpeakerTurn,
        ({**asdict(turn), "speaker": known[given[turn.speaker]]} for turn in result.turns),
    )
