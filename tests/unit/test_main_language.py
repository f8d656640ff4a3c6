"""Which language is a video's, where several are spoken in it."""

import pytest

from pipeline.results import Cue, Speech
from pipeline.stages import transcribe


class TestMainLanguage:
    @pytest.mark.parametrize(
        ("probability", "flags", "main"),
        [
            (0.9, (), ("de", 0.75)),
            (0.9, ("no_speech_likely",), ("en", 0.9)),
            (None, (), ("en", None)),
        ],
        ids=["detected", "doubted", "given"],
    )
    def test_is_what_is_spoken_most(
        self,
        probability: float | None,
        flags: tuple[str, ...],
        main: tuple[str, float | None],
    ) -> None:
        speech = Speech((), (), "en", probability)
        cues = [
            Cue(0, 1_000, "Hello.", 0.9, (), language="en"),
            Cue(1_000, 4_000, "Guten Tag.", 0.9, (), flags, language="de"),
        ]

        assert transcribe._main_language(speech, cues) == main
