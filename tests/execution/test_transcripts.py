"""What was heard becomes rows, and passages that each language's own rules find."""

import pytest

from pipeline.models import StageRun
from pipeline.results import Cue, Transcript, Word
from pipeline.writers import write
from tests import factories
from videos.models import Cue as CueRow
from videos.models import Passage

pytestmark = pytest.mark.django_db


def cue(start_ms: int, text: str, *, language: str = "") -> Cue:
    words = (Word(start_ms, start_ms + 500, text, 0.9),)
    return Cue(start_ms, start_ms + 1000, text, 0.9, words, language=language)


class TestTranscripts:
    def test_have_each_cue_under_the_rules_of_its_language(self) -> None:
        run = factories.make_run(factories.make_video())
        stage_run = factories.make_stage_run(run, "transcribe", status=StageRun.Status.RUNNING)
        cues = (cue(0, "Ships"), cue(2000, "Schiffe", language="de"))

        write(stage_run, Transcript("en", 0.99, cues, "whisper-base"))

        rows = CueRow.objects.order_by("start_ms").values_list("text", "language")
        assert list(rows) == [("Ships", "en"), ("Schiffe", "de")]
        passages = Passage.objects.order_by("start_ms")
        found = passages.values_list("language", "config", "search")
        assert list(found) == [("en", "english", "'ship':1"), ("de", "german", "'schiff':1")]
