"""An imported transcript in the plan: what runs, what is kept, what goes."""

import pytest

from pipeline.models import PipelineRun, StageRun
from pipeline.services import cancel, preview, reprocess, retry
from pipeline.writers import erase
from tests import factories, subtitled
from tests.execution.conftest import at_once, stage
from videos.errors import InvalidTransition
from videos.models import Cue, Passage, Transcript, TranscriptImport, Video
from videos.services import SubtitleFile, transcript_import, transcript_unimport

pytestmark = pytest.mark.django_db(transaction=True)

FILE = SubtitleFile("harbour.srt", subtitled.SRT.encode())
OTHER = SubtitleFile("harbour.vtt", subtitled.VTT.encode())


def analysed() -> Video:
    """A completed video whose speech was heard."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    factories.make_media(video)
    run = factories.make_run(video, status=PipelineRun.Status.SUCCEEDED)
    heard = factories.make_stage_run(run, "transcribe", status=StageRun.Status.SUCCEEDED)
    Transcript.objects.create(video=video, stage_run=heard, language="en")
    factories.make_cue(video, heard)
    return video


def names(video: Video) -> set[str]:
    """Return the stages of the newest run."""
    return set(video.runs.latest("created_at").stages.values_list("name", flat=True))


def end(video: Video) -> None:
    """End the analysis at once."""
    cancel(video=video)
    video.refresh_from_db()


class TestTranscriptImport:
    def test_is_read_in_place_of_what_would_be_heard(self) -> None:
        video = analysed()

        assert transcript_import(video=video, file=FILE, language="de")

        video.refresh_from_db()
        assert video.status == Video.Status.PROCESSING
        assert "read_subtitles" in names(video)
        assert "transcribe" not in names(video)
        reading = stage(video, "read_subtitles")
        assert reading.parameters["language"] == "de"
        assert len(reading.parameters["checksum_sha256"]) == 64
        assert Cue.objects.filter(video=video).exists()  # until it is read

    def test_again_changes_nothing(self) -> None:
        video = analysed()
        transcript_import(video=video, file=FILE)
        video.refresh_from_db()

        assert not transcript_import(video=video, file=FILE)

        assert video.runs.count() == 2

    def test_that_failed_is_tried_again(self) -> None:
        video = analysed()
        transcript_import(video=video, file=FILE)
        end(video)

        assert transcript_import(video=video, file=FILE)

    def test_of_another_takes_its_place(self) -> None:
        video = analysed()
        transcript_import(video=video, file=FILE)
        first = stage(video, "read_subtitles").fingerprint
        end(video)

        assert transcript_import(video=video, file=OTHER)

        assert stage(video, "read_subtitles").fingerprint != first
        assert TranscriptImport.objects.get(video=video).filename == "harbour.vtt"

    def test_waits_for_the_end_of_an_analysis(self) -> None:
        video = analysed()
        transcript_import(video=video, file=FILE)
        video.refresh_from_db()

        with pytest.raises(InvalidTransition):
            transcript_import(video=video, file=OTHER)
        with pytest.raises(InvalidTransition):
            transcript_unimport(video=video)

        assert TranscriptImport.objects.get(video=video).filename == "harbour.srt"

    def test_of_many_at_once_is_one(self) -> None:
        video = analysed()

        def attempt() -> bool:
            try:
                return transcript_import(video=Video.objects.get(id=video.id), file=FILE)
            except InvalidTransition:
                return False

        assert sum(at_once(*[attempt] * 4)) == 1
        assert video.runs.count() == 2

    def test_outlives_what_runs_again(self) -> None:
        video = analysed()
        transcript_import(video=video, file=FILE)
        end(video)

        assert "read_subtitles" in {one.name for one in preview(video=video).would_run}
        reprocess(video=video)
        assert "read_subtitles" in names(video)
        end(video)
        retry(video=video)
        assert "read_subtitles" in names(video)
        assert "transcribe" not in names(video)


class TestTranscriptUnimport:
    def test_goes_back_to_what_is_heard_anew(self) -> None:
        """What was heard before is no earlier result: its rows are gone."""
        video = analysed()
        transcript_import(video=video, file=FILE)
        end(video)

        transcript_unimport(video=video)

        assert "read_subtitles" not in names(video)
        heard = stage(video, "transcribe")
        assert (heard.status, heard.reused) == (StageRun.Status.WAITING, False)

    def test_needs_an_import(self) -> None:
        with pytest.raises(TranscriptImport.DoesNotExist):
            transcript_unimport(video=analysed())

    def test_leaves_nothing_where_nothing_is_heard(self) -> None:
        """What erases is another stage than the one that wrote."""
        video = analysed()
        run = factories.make_run(video, status=PipelineRun.Status.SUCCEEDED)
        read = factories.make_stage_run(run, "read_subtitles", status="SUCCEEDED")
        Cue.objects.update(stage_run=read)
        Transcript.objects.update(stage_run=read)
        factories.make_passage(video, "Ships")
        deaf = factories.make_stage_run(run, "transcribe", status="SKIPPED")

        erase(deaf)

        assert not Cue.objects.exists()
        assert not Transcript.objects.exists()
        assert not Passage.objects.exists()
