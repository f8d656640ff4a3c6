"""Chapters, summary and keywords: read, written, found, erased."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from pipeline import results, writers
from pipeline.models import StageRun
from tests import factories
from tests.api.reading import queries_of, url
from videos.models import Chapter, Keyword, Passage, SummarySentence, Video

pytestmark = pytest.mark.django_db

_CHAPTERS = results.Chapters(
    (
        results.Chapter(0, 60_000, "Dough & <b>flour</b>", 0.4, None, 300),
        results.Chapter(60_000, 95_000, "Telescopes", None, 0.8, 60_200),
    ),
    "en",
    "minilm",
)
_SUMMARY = results.Summary(
    (
        results.SummarySentence(300, 4000, "Bread starts with flour.", 0.9),
        results.SummarySentence(61_000, 64_000, "A mirror catches light.", 0.7),
    ),
    "en",
    "minilm",
)
_KEYWORDS = results.Keywords(
    (results.Keyword("flour", 1.0), results.Keyword("mirror", 0.6)), "minilm"
)


@pytest.fixture
def video(db: None) -> Video:
    """A video with two chapters, a summary of two sentences and two keywords."""
    video = factories.make_video(status=Video.Status.COMPLETED)
    write(video)
    return video


def write(video: Video) -> None:
    run = video.runs.first() or factories.make_run(video)
    for name, result in (
        ("split_chapters", _CHAPTERS),
        ("summarise", _SUMMARY),
        ("find_keywords", _KEYWORDS),
    ):
        row = run.stages.filter(name=name).first() or factories.make_stage_run(
            run, name, model="minilm", status=StageRun.Status.SUCCEEDED
        )
        writers.write(row, result)


def get(api: APIClient, video: Video, name: str) -> Any:
    return api.get(url(video, name)).json()


class TestChapters:
    def test_have_title_span_sentiment_and_source(self, api: APIClient, video: Video) -> None:
        first, second = get(api, video, "chapters")["chapters"]

        assert first.pop("id") != second["id"]
        assert first == {
            "start_ms": 0,
            "end_ms": 60_000,
            "title": "Dough & <b>flour</b>",
            "title_source": {"stage": "split_chapters", "version": 1, "model": "minilm"},
            "sentiment": 0.4,
            "confidence": None,
            "source": {"stage": "split_chapters", "version": 1, "model": "minilm"},
        }
        assert second["confidence"] == 0.8

    def test_as_webvtt_open_no_tag(self, api: APIClient, video: Video) -> None:
        response = api.get(f"/api/v1/videos/{video.id}/chapters.vtt")

        assert response["Content-Type"] == "text/vtt; charset=utf-8"
        assert response.content.decode() == (
            "WEBVTT\n\n00:00:00.000 --> 00:01:00.000\nDough &amp; &lt;b&gt;flour&lt;/b&gt;\n\n"
            "00:01:00.000 --> 00:01:35.000\nTelescopes\n"
        )

    def test_are_a_track_of_the_timeline(self, api: APIClient, video: Video) -> None:
        timeline = get(api, video, "timeline?kinds=chapter&from_ms=60000")

        (track,) = timeline["tracks"]
        assert track["items"] == get(api, video, "chapters")["chapters"][1:]

    def test_are_found_by_their_titles(self, api: APIClient, video: Video) -> None:
        (hit,) = api.get("/api/v1/search", {"q": "telescope", "kinds": "chapter"}).json()["results"]

        assert (hit["kind"], hit["start_ms"], hit["end_ms"]) == ("chapter", 60_000, 95_000)


class TestSummary:
    def test_joins_its_sentences(self, api: APIClient, video: Video) -> None:
        summary = get(api, video, "summary")

        assert summary["text"] == "Bread starts with flour. A mirror catches light."
        assert [(s["start_ms"], s["end_ms"]) for s in summary["sentences"]] == [
            (300, 4000),
            (61_000, 64_000),
        ]
        assert summary["sentences"][0]["source"]["stage"] == "summarise"


class TestKeywords:
    def test_come_best_first(self, api: APIClient, video: Video) -> None:
        keywords = get(api, video, "keywords")["keywords"]

        assert [(one["text"], one["score"]) for one in keywords] == [("flour", 1), ("mirror", 0.6)]


class TestEntities:
    @pytest.fixture
    def named(self, video: Video) -> Video:
        """Its two cues name Hamburg three times, once over both of them, and Ada."""
        run = video.runs.get()
        speech = factories.make_stage_run(run, "transcribe")
        factories.make_cue(video, speech, start_ms=4000, end_ms=5000, text="burg. Ada, Hamburg!")
        factories.make_cue(video, speech, text="Hamburg is Ham")
        hamburg = results.Mention(1000, 1400, "Hamburg", "place", (results.CueSpan(0, 0, 7),))
        crossing = results.Mention(
            2000, 4100, "Ham burg", "place", (results.CueSpan(0, 11, 14), results.CueSpan(1, 0, 4))
        )
        ada = results.Mention(4200, 4400, "Ada", "person", (results.CueSpan(1, 6, 9),))
        again = results.Mention(4500, 4900, "Hamburg", "place", (results.CueSpan(1, 11, 18),))
        row = factories.make_stage_run(run, "find_entities", model="en-core-web-sm")
        writers.write(row, results.Entities((hamburg, crossing, ada, again), "en-core-web-sm"))
        return video

    def test_come_by_name_the_most_frequent_first(self, api: APIClient, named: Video) -> None:
        entities = get(api, named, "entities")["entities"]

        assert [(one["text"], one["label"], one["count"]) for one in entities] == [
            ("Hamburg", "place", 2),
            ("Ada", "person", 1),
            ("Ham burg", "place", 1),
        ]
        assert entities[0]["mentions"][0]["source"]["stage"] == "find_entities"

    def test_stand_in_the_cues_where_they_say(self, api: APIClient, named: Video) -> None:
        cues = {cue["id"]: cue["text"] for cue in get(api, named, "transcript")["cues"]}

        for entity in get(api, named, "entities")["entities"]:
            for mention in entity["mentions"]:
                parts = [cues[s["cue_id"]][s["start"] : s["end"]] for s in mention["spans"]]
                assert " ".join(parts) == mention["text"]

    def test_outlive_the_cues_that_they_stood_in(self, api: APIClient, named: Video) -> None:
        named.cue_set.all().delete()

        (hamburg, *_) = get(api, named, "entities")["entities"]

        assert hamburg["mentions"][0]["spans"] == []


class TestAll:
    def test_are_empty_before_the_analysis(self, api: APIClient) -> None:
        video = factories.make_video()

        assert get(api, video, "chapters") == {"chapters": []}
        assert get(api, video, "keywords") == {"keywords": []}
        assert get(api, video, "entities") == {"entities": []}
        assert get(api, video, "summary") == {"text": "", "sentences": []}
        assert api.get(f"/api/v1/videos/{video.id}/chapters.vtt").content == b"WEBVTT\n"

    def test_written_twice_are_the_same(self, api: APIClient, video: Video) -> None:
        write(video)

        assert Chapter.objects.count() == 2
        assert SummarySentence.objects.count() == 2
        assert Keyword.objects.count() == 2
        assert Passage.objects.filter(kind="chapter").count() == 2

    def test_are_erased_where_a_new_run_finds_nothing(self, video: Video) -> None:
        for stage in StageRun.objects.all():
            writers.erase(stage)

        assert not Chapter.objects.exists() and not Keyword.objects.exists()
        assert not SummarySentence.objects.exists() and not Passage.objects.exists()

    @pytest.mark.parametrize(
        "name", ["chapters", "summary", "keywords", "entities", "chapters.vtt"]
    )
    def test_many_cost_the_same_queries_as_few(
        self, api: APIClient, video: Video, name: str
    ) -> None:
        stage = StageRun.objects.get(name="split_chapters")
        factories.make_entity_mention(video, stage)
        few = queries_of(api, url(video, name))
        for i in range(5):
            factories.make_chapter(video, stage)
            factories.make_summary_sentence(video, stage)
            factories.make_keyword(video, stage, text=f"word {i}")
            factories.make_entity_mention(video, stage, text=f"Name {i}")

        assert queries_of(api, url(video, name)) == few


_ABSTRACT = results.Abstract(
    (
        results.AbstractSentence("Telescopes gather light.", ((61_000, 64_000),)),
        results.AbstractSentence("Bread is flour.", ((300, 4000), (9000, 9900))),
    ),
    (results.ChapterTitle(0, 60_000, "Baking <i>bread</i>"),),
    "any-model",
    1,
)


class TestAbstract:
    """What a language model told takes the place of what was said, and gives it back."""

    @pytest.fixture
    def told(self, video: Video) -> StageRun:
        run = video.runs.get()
        row = factories.make_stage_run(
            run, "write_abstract", model="any-model", status=StageRun.Status.SUCCEEDED
        )
        writers.write(row, _ABSTRACT)
        writers.write(row, _ABSTRACT)
        return row

    def test_is_the_summary_in_its_own_order(
        self, api: APIClient, video: Video, told: StageRun
    ) -> None:
        summary = get(api, video, "summary")

        assert summary["text"] == "Telescopes gather light. Bread is flour."
        second = summary["sentences"][1]
        assert (second["start_ms"], second["end_ms"]) == (300, 9900)
        assert second["citations"] == [
            {"start_ms": 300, "end_ms": 4000},
            {"start_ms": 9000, "end_ms": 9900},
        ]
        source = {"stage": "write_abstract", "version": 1, "model": "any-model"}
        assert second["source"] == source

    def test_titles_the_chapters_that_it_knows(
        self, api: APIClient, video: Video, told: StageRun
    ) -> None:
        first, second = get(api, video, "chapters")["chapters"]

        assert (first["title"], second["title"]) == ("Baking <i>bread</i>", "Telescopes")
        assert first["title_source"]["stage"] == "write_abstract"
        assert second["title_source"] == second["source"] == first["source"]
        vtt = api.get(f"/api/v1/videos/{video.id}/chapters.vtt").content.decode()
        assert "Baking" in vtt
        assert "<i>" not in vtt

    def test_gives_way_where_the_model_has_nothing(
        self, api: APIClient, video: Video, told: StageRun
    ) -> None:
        writers.erase(told)

        assert get(api, video, "summary")["sentences"][0]["text"] == "Bread starts with flour."
        assert get(api, video, "chapters")["chapters"][0]["title"] == "Dough & <b>flour</b>"

    def test_goes_with_the_transcript_that_it_tells(
        self, api: APIClient, video: Video, told: StageRun
    ) -> None:
        row = factories.make_stage_run(told.run, "transcribe", status=StageRun.Status.SUCCEEDED)

        writers.write(row, results.Transcript("en", 1.0, (), "whisper-base"))

        assert get(api, video, "summary")["sentences"][0]["text"] == "Bread starts with flour."

    def test_takes_no_query_a_chapter(self, api: APIClient, video: Video, told: StageRun) -> None:
        two = queries_of(api, url(video, "chapters"))
        for at in range(2, 12):
            factories.make_chapter(video, told, start_ms=at * 60_000, end_ms=at * 60_000 + 1)

        assert queries_of(api, url(video, "chapters")) == two
