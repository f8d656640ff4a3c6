"""Chapters, summary and keywords with the real model, on talks whose topics are known."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.contract import Context, Stage, Upstream, VideoInfo
from pipeline.errors import ModelMissing, NotApplicable
from pipeline.results import Chapters, Cue, Keywords, Media, Summary, Transcript
from pipeline.stages.find_keywords import FindKeywords
from pipeline.stages.split_chapters import SplitChapters
from pipeline.stages.summarise import Summarise
from tests import talk

ENGLISH = ("bread", "telescope", "mortgage", "bees")
STAGES: tuple[Stage, ...] = (FindKeywords(), SplitChapters(), Summarise())


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def understood(cues: tuple[Cue, ...], language: str, models_dir: Path) -> dict[type, Any]:
    """Return what the stages make of a transcript."""
    end_ms = cues[-1].end_ms + 500 if cues else 1000
    given: dict[type, Any] = {
        Transcript: Transcript(language, None, cues, "whisper-base"),
        Media: Media(end_ms, "mov", 0, 0, None, ()),
    }
    for stage in STAGES:
        upstream = {kind: Upstream(result, models_dir) for kind, result in given.items()}
        told: list[float] = []
        context = Context(VideoInfo(models_dir), models_dir, models_dir, 1, upstream, told.append)
        given[stage.produces] = stage.run(context)
    return given


@pytest.fixture(scope="module")
def found(models_dir: Path) -> dict[type, Any]:
    """What is made of four English topics."""
    return understood(talk.spoken(talk.sentences_of("en", *ENGLISH)), "en", models_dir)


class TestEnglishTalk:
    def test_has_a_chapter_for_each_topic(self, found: dict[type, Any]) -> None:
        chapters = found[Chapters].chapters
        cues = found[Transcript].cues
        starts = [0, *(cues[place].start_ms for place in (9, 17, 25))]

        assert [chapter.start_ms for chapter in chapters] == starts
        assert chapters[-1].end_ms == found[Media].duration_ms
        assert all(one.end_ms == following.start_ms for one, following in pairwise(chapters))
        assert chapters[0].confidence is None
        assert all(chapter.confidence > 0.5 for chapter in chapters[1:])
        assert all(-1 <= chapter.sentiment <= 1 for chapter in chapters)
        assert found[Chapters].model == "minilm"

    def test_titles_say_what_each_is_about(self, found: dict[type, Any]) -> None:
        for chapter, topic in zip(found[Chapters].chapters, ENGLISH, strict=True):
            named = "|".join(talk.TOPICS["en"][topic]["keywords"]).split("|")
            assert any(word in chapter.title.casefold() for word in named)
            assert chapter.title[0].isupper()

    def test_summary_has_each_topic_in_its_own_words(self, found: dict[type, Any]) -> None:
        said = talk.sentences_of("en", *ENGLISH)
        cues = {cue.text: cue for cue in found[Transcript].cues}
        sentences = found[Summary].sentences

        assert all(one.text in said for one in sentences)
        assert all(cues[one.text].start_ms == one.start_ms for one in sentences)
        assert all(cues[one.text].end_ms == one.end_ms for one in sentences)
        for topic in ENGLISH:
            assert any(one.text in talk.sentences_of("en", topic) for one in sentences)

    def test_keywords_name_the_topics(self, found: dict[type, Any]) -> None:
        keywords = [keyword.text.casefold() for keyword in found[Keywords].keywords]
        scores = [keyword.score for keyword in found[Keywords].keywords]

        assert scores == sorted(scores, reverse=True) and scores[0] == 1
        assert len(set(keywords)) == len(keywords) == 12
        assert {"flour", "stars", "mortgage", "bees"} <= set(keywords)


class TestOtherTalks:
    def test_other_languages_need_no_model(
        self, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.engines.minilm.load", pytest.fail)

        found = understood(
            talk.spoken(talk.sentences_of("de", "brot", "bahn", "bienen")), "de", models_dir
        )

        assert len(found[Chapters].chapters) == 3
        assert found[Chapters].model == ""
        assert all(chapter.sentiment is None for chapter in found[Chapters].chapters)
        assert found[Summary].sentences and found[Keywords].keywords

    @pytest.mark.parametrize("language", ["zh", "ja", "th", "ar", "xx", ""])
    def test_takes_any_language(self, language: str, models_dir: Path) -> None:
        cues = talk.spoken(
            ["今日は蜜蜂の話です。", "蜂蜜は甘い。", "สวัสดีครับ", "مرحبا بالعالم", "🙂"]
        )

        found = understood(cues, language, models_dir)

        assert len(found[Chapters].chapters) == 1 and found[Chapters].chapters[0].title
        assert found[Summary].sentences

    def test_takes_subtitles_without_words(self, models_dir: Path) -> None:
        cues = talk.spoken(talk.sentences_of("en", "bread", "chess"), with_words=False)

        found = understood(cues, "en", models_dir)

        assert [c.start_ms for c in found[Chapters].chapters] == [0, cues[9].start_ms]

    def test_a_short_video_is_one_chapter_each_time(self, models_dir: Path) -> None:
        cues = talk.spoken(
            [*talk.sentences_of("en", "bread")[:2], *talk.sentences_of("en", "chess")[:2]]
        )

        found = understood(cues, "en", models_dir)

        assert len(found[Chapters].chapters) == 1
        assert understood(cues, "en", models_dir) == found

    def test_marks_alone_say_nothing(self, models_dir: Path) -> None:
        with pytest.raises(NotApplicable, match="no_speech"):
            understood((Cue(0, 500, " ", 0.5, ()),), "en", models_dir)

    def test_a_missing_model_is_told(
        self, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(name: str, _: Path) -> Path:
            raise ModelMissing(name, f"{name} is not there.", "make install")

        monkeypatch.setattr("pipeline.engines.catalogue.locate", absent)

        with pytest.raises(ModelMissing, match="minilm"):
            understood(talk.spoken(talk.sentences_of("en", "bread")), "en", models_dir)
