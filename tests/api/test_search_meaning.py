"""`/search` and `/similar` by meaning, with the real model and the process that embeds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from pipeline import embedding
from pipeline.engines import catalogue, minilm
from pipeline.models import StageRun
from pipeline.results import Cue, TextVector, Transcript, Vectors
from pipeline.writers import erase, write
from tests import factories
from videos.models import Passage, Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/search"
SHIP = "The vessel sails out of the port at dawn."
BREAD = "Knead the dough and let it rise for an hour."
BANK = "The central bank raised interest rates again."


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> minilm.MiniLM:
    return minilm.load(catalogue.locate("minilm", tmp_path_factory.mktemp("models")), 1)


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    embedding.end()


def vectors(engine: minilm.MiniLM, *texts: str) -> Vectors:
    rows = engine.embed(texts).astype("<f2")
    return Vectors(
        tuple(TextVector(text, row.tobytes()) for text, row in zip(texts, rows, strict=True)),
        "minilm",
    )


def transcript(*texts: str) -> Transcript:
    cues = (Cue(n * 10_000, n * 10_000 + 2000, text, 0.9, ()) for n, text in enumerate(texts))
    return Transcript("en", None, tuple(cues), "whisper-base")


def write_vector(passage: Passage, engine: minilm.MiniLM) -> None:
    (row,) = engine.embed([passage.text])
    Passage.objects.filter(id=passage.id).update(vector=str(row.tolist()))


@pytest.fixture
def stage_run(db: None, engine: minilm.MiniLM) -> StageRun:
    """That of a video in which three things are said, with their vectors."""
    run = factories.make_run(factories.make_video(title="Harbour"))
    write(factories.make_stage_run(run, "transcribe"), transcript(SHIP, BREAD, BANK, BREAD))
    stage_run = factories.make_stage_run(run, "embed_passages")
    write(stage_run, vectors(engine, SHIP, BREAD, BANK))
    return stage_run


@pytest.fixture
def video(stage_run: StageRun) -> Video:
    return stage_run.run.video


def found(api: APIClient, words: str, **query: Any) -> list[tuple[str, list[str]]]:
    response = api.get(URL, {"q": words} | query)
    assert response.status_code == 200, response.content
    assert response.json()["reason"] is None
    return [(one["text"], one["matched_by"]) for one in response.json()["results"]]


class TestSearchByMeaning:
    def test_finds_what_is_said_in_other_words(self, api: APIClient, video: Video) -> None:
        assert found(api, "when does the ship leave the harbour?") == [(SHIP, ["semantic"])]
        assert found(api, "baking bread")[0] == (BREAD, ["semantic"])

    def test_tells_what_matched(self, api: APIClient, video: Video) -> None:
        assert found(api, "vessel sails")[0] == (SHIP, ["lexical", "semantic"])
        assert found(api, "vessel sails", by="lexical") == [(SHIP, ["lexical"])]
        assert found(api, "vessel sails", by="semantic")[0] == (SHIP, ["semantic"])

    def test_finds_nothing_that_is_merely_nearest(self, api: APIClient, video: Video) -> None:
        assert found(api, "quantum chromodynamics") == []

    def test_obeys_phrases_prefixes_and_exclusions(self, api: APIClient, video: Video) -> None:
        assert found(api, "ship leaving -dawn") == []
        assert found(api, '"interest rates"')[0][0] == BANK
        assert found(api, 'ship leaving "interest rates"', by="semantic") in (
            [],
            [(BANK, ["semantic"])],
        )
        assert found(api, "ship dou*", by="semantic") in ([], [(BREAD, ["semantic"])])

    def test_puts_an_exact_phrase_before_what_means_the_same(
        self, api: APIClient, video: Video
    ) -> None:
        factories.make_passage(video, "ship leaves the harbour, says a sign")

        assert found(api, '"ship leaves the harbour"')[0][1][0] == "lexical"
        assert found(api, "ship leaves the harbour")[0][0].startswith("ship leaves")

    def test_takes_a_word_that_the_model_knows_for_no_slip(
        self, api: APIClient, video: Video
    ) -> None:
        factories.make_passage(video, "A warm coat.")

        answer = api.get(URL, {"q": "boat"}).json()

        assert answer["corrected"] is None
        assert [one["text"] for one in answer["results"]] == [SHIP]

    def test_sets_a_slip_right_for_both(self, api: APIClient, video: Video) -> None:
        answer = api.get(URL, {"q": "vesssel"}).json()

        assert answer["corrected"] == "vessel"
        assert answer["results"][0]["matched_by"] == ["lexical", "semantic"]

    def test_never_leaves_the_workspace(self, api: APIClient, video: Video) -> None:
        other = factories.make_workspace()
        Passage.objects.update(workspace=other)

        assert found(api, "ship leaving the harbour") == []

    def test_narrows_by_video_and_kind(self, api: APIClient, video: Video) -> None:
        other = factories.make_video()

        assert found(api, "ship leaving the harbour", video=other.id) == []
        assert found(api, "ship leaving the harbour", kinds="text") == []
        assert len(found(api, "ship leaving the harbour", video=video.id, kinds="cue")) == 1

    def test_goes_on_by_words_where_the_model_is_missing(
        self, api: APIClient, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(*_: Any) -> None:
            raise embedding.NoVector("model_missing", "The weights of minilm are not installed.")

        monkeypatch.setattr(embedding._embedder, "ask", missing)

        answer = api.get(URL, {"q": "port vessel"}).json()

        assert answer["reason"]["code"] == "model_missing"
        assert answer["searched_by"] == ["lexical"]
        assert [one["text"] for one in answer["results"]] == [SHIP]


class TestTheMoment:
    """Of what is found by its meaning, in a passage of three cues."""

    @pytest.fixture(autouse=True)
    def passage(self, engine: minilm.MiniLM) -> None:
        text = f"Welcome aboard. {SHIP} This old ship waits for nobody."
        passage = factories.make_passage(
            factories.make_video(),
            text,
            start_ms=1000,
            end_ms=9000,
            parts=[[0, 1000, 2000], [16, 2000, 5000], [58, 5500, 9000]],
        )
        write_vector(passage, engine)

    @pytest.mark.parametrize(
        "words",
        [
            "when does the ship leave the harbour",
            # Half of them is not most, however often it is there.
            "ship harbour",
            # Two of three, but each in a cue of its own.
            "ship welcome harbour",
        ],
    )
    def test_is_the_whole_passage(self, api: APIClient, words: str) -> None:
        (hit,) = api.get(URL, {"q": words}).json()["results"]

        assert hit["matched_by"] == ["semantic"]
        assert (hit["start_ms"], hit["end_ms"]) == (1000, 9000)
        assert hit["highlight"] == hit["text"]

    @pytest.mark.parametrize(
        ("words", "span"),
        [
            ("does the vessel sail into a port", (2000, 5000)),
            ("when will the old ship wait in the harbour", (5500, 9000)),
            ('"vessel sails out" at night', (2000, 5000)),
        ],
    )
    def test_is_the_cue_with_most_of_the_words(
        self, api: APIClient, words: str, span: tuple[int, int]
    ) -> None:
        (hit,) = api.get(URL, {"q": words, "by": "semantic"}).json()["results"]

        assert (hit["start_ms"], hit["end_ms"]) == span
        assert "<mark>" in hit["highlight"]

    def test_is_the_cue_with_more_of_the_words_not_with_one_again_and_again(
        self, api: APIClient
    ) -> None:
        factories.make_passage(
            factories.make_video(),
            "Storm after storm after storm. A storm sank the boat.",
            start_ms=0,
            end_ms=9000,
            parts=[[0, 0, 4000], [31, 4000, 9000]],
        )

        (hit,) = api.get(URL, {"q": "boat storm", "by": "lexical"}).json()["results"]

        assert (hit["start_ms"], hit["end_ms"]) == (4000, 9000)


class TestVectors:
    def test_of_equal_texts_the_first_has_it(self, video: Video) -> None:
        with_vector = Passage.objects.filter(vector__isnull=False).order_by("start_ms")

        assert [one.text for one in with_vector] == [SHIP, BREAD, BANK]
        assert [one.start_ms for one in with_vector] == [0, 10_000, 20_000]

    def test_are_replaced_and_go(self, stage_run: StageRun, engine: minilm.MiniLM) -> None:
        write(stage_run, vectors(engine, BANK))
        replaced = list(Passage.objects.filter(vector__isnull=False).values_list("text", flat=True))
        erase(stage_run)

        assert replaced == [BANK]
        assert not Passage.objects.filter(vector__isnull=False).exists()
        assert Passage.objects.count() == 4

    def test_stay_in_the_database(self, video: Video) -> None:
        assert "vector" in Passage.objects.all()[0].get_deferred_fields()


class TestSimilar:
    def test_finds_moments_alike_elsewhere(
        self, api: APIClient, video: Video, engine: minilm.MiniLM
    ) -> None:
        other = factories.make_run(factories.make_video(title="Port"))
        text = "A ship is leaving the harbour."
        write(factories.make_stage_run(other, "transcribe"), transcript(text))
        write(factories.make_stage_run(other, "embed_passages"), vectors(engine, text))

        answer = api.get(f"/api/v1/videos/{video.id}/similar?start_ms=0&end_ms=1000").json()

        (one,) = answer["results"]
        assert (one["video"]["title"], one["text"], one["matched_by"]) == (
            "Port",
            text,
            ["semantic"],
        )

    def test_knows_what_is_said_again(self, api: APIClient, video: Video) -> None:
        answer = api.get(f"/api/v1/videos/{video.id}/similar?start_ms=30000&end_ms=31000").json()

        assert [one["start_ms"] for one in answer["results"]] == [10_000]

    def test_is_empty_where_nothing_is_said(self, api: APIClient, video: Video) -> None:
        answer = api.get(f"/api/v1/videos/{video.id}/similar?start_ms=5000&end_ms=6000").json()

        assert answer == {"results": []}

    @pytest.mark.parametrize("query", ["", "start_ms=5&end_ms=5", "start_ms=-1&end_ms=5"])
    def test_refuses(self, api: APIClient, video: Video, query: str) -> None:
        assert api.get(f"/api/v1/videos/{video.id}/similar?{query}").status_code == 400

    def test_is_nobody_elses(self, api: APIClient) -> None:
        other = factories.make_video(workspace=factories.make_workspace())

        answer = api.get(f"/api/v1/videos/{other.id}/similar?start_ms=0&end_ms=9")

        assert answer.status_code == 404


class TestTheProcessThatEmbeds:
    def test_is_another_and_comes_back(self, tmp_path: Path) -> None:
        first = embedding.embed("a text", tmp_path)
        embedding.end()

        second = embedding.embed("another text", tmp_path)

        assert first.vector.count(",") == second.vector.count(",") == 383
        assert first.known == ("a", "text")

    def test_comes_back_after_it_died(self, tmp_path: Path) -> None:
        embedding.embed("one", tmp_path)
        process = embedding._embedder._process
        assert process
        process.kill()
        process.wait()

        assert embedding.embed("two", tmp_path).vector

    def test_takes_any_text(self, tmp_path: Path) -> None:
        for text in ("\u202e\u05e9\u05dc\u05d5\u05dd", "x" * 400, "\U0001f6a2\n\"'", " "):
            assert embedding.embed(text, tmp_path).vector

    def test_says_what_went_wrong(self, tmp_path: Path) -> None:
        (tmp_path / "minilm").write_text("no folder")
        embedding.end()

        with pytest.raises(embedding.NoVector) as why:
            embedding.embed("three", tmp_path)

        embedding.end()
        assert why.value.code == "internal_error"
