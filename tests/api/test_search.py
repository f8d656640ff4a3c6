"""`/search`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests import factories
from videos.models import Passage, Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/search"

HOSTILE = [
    *(
        "the",
        "-ship",
        '"',
        "&|!:*()",
        "ship:*",
        "%",
        "\\",
        "or",
        "or or -",
        '""',
        "-",
        "--ship",
        "*",
    ),
    *(
        "ship*",
        "a* b* c*",
        "(ship | car) & !dog <-> x",
        "'ship':*'",
        "ship'*",
        "ship\\*",
        "$1 %s %(p0)s",
    ),
    *(
        "\u202eship\u202c",
        "\u05e9\u05dc\u05d5\u05dd*",
        "\u0633\u0641\u064a\u0646\u0629",
        "\U0001f6a2",
        "\u6d77*",
        "s\u0301hip*",
    ),
    *("ship " * 80, "-a " * 133, "a or " * 80, "abc* " * 80, '"' * 400, "x" * 400, "shipp"),
]


def texts(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [result["text"] for result in response.json()["results"]]


class TestSearch:
    def test_says_why_a_short_beginning_finds_nothing(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "The gate is shut.")

        short, long = (
            api.get(URL, {"q": words, "by": "lexical"}).json() for words in ("ga*", "gat*")
        )

        assert short["results"] == []
        assert short["reason"]["code"] == "short_beginning"
        assert "ga*" in short["reason"]["message"]
        assert len(long["results"]) == 1
        assert long["reason"] is None

    def test_finds_the_moment_in_every_form_of_the_word(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "Two ships were leaving.", start_ms=7000, end_ms=9000)
        factories.make_passage(video, "Nothing else happened.")

        results = api.get(URL, {"q": "ship leaves"}).json()["results"]

        assert len(results) == 1
        assert results[0].pop("score") > 0
        assert results[0] == {
            "video": {"id": str(video.id), "title": "Harbour"},
            "kind": "cue",
            "language": "en",
            "start_ms": 7000,
            "end_ms": 9000,
            "text": "Two ships were leaving.",
            "highlight": "Two <mark>ships</mark> were <mark>leaving</mark>.",
            "matched_by": ["lexical"],
            "thumbnail_url": None,
        }

    def test_uses_each_languages_own_rules(self, api: APIClient, video: Video) -> None:
        german = {"config": "german", "language": "de"}
        factories.make_passage(video, "Zwei Schiffe liegen im Hafen.", **german)
        factories.make_passage(video, "Ein Schiff f\u00e4hrt.", **german)
        factories.make_passage(video, "schiff", config="simple", language="")
        factories.make_passage(video, "A house.")

        assert sorted(texts(api.get(URL, {"q": "Schiff"}))) == [
            "Ein Schiff f\u00e4hrt.",
            "Zwei Schiffe liegen im Hafen.",
            "schiff",
        ]

    def test_ranks_the_closer_match_first(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "A red car, and much later there comes some door.")
        factories.make_passage(video, "The red door.")

        assert texts(api.get(URL, {"q": "red door"}))[0] == "The red door."

    def test_understands_phrases_and_exclusion(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "red door")
        factories.make_passage(video, "door red")
        factories.make_passage(video, "red door of a house")

        assert texts(api.get(URL, {"q": '"red door" -house'})) == ["red door"]

    def test_narrows_by_kind_video_and_language(self, api: APIClient, video: Video) -> None:
        other = factories.make_video()
        factories.make_passage(video, "ship one")
        factories.make_passage(video, "ship two", kind=Passage.Kind.TEXT)
        factories.make_passage(other, "ship three", language="", config="simple")

        assert texts(api.get(URL, {"q": "ship", "kinds": "text"})) == ["ship two"]
        assert texts(api.get(URL, {"q": "ship", "video": str(other.id)})) == ["ship three"]
        assert len(texts(api.get(URL, {"q": "ship", "language": "en"}))) == 2
        assert len(texts(api.get(URL, {"q": "ship", "kinds": "cue,text"}))) == 3
        assert len(texts(api.get(URL, {"q": "ship", "limit": "1"}))) == 1

    def test_finds_how_words_begin(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "The harbour master.")
        factories.make_passage(video, "A hard life.")

        assert texts(api.get(URL, {"q": "harb*"})) == ["The harbour master."]
        assert len(texts(api.get(URL, {"q": "har*"}))) == 2
        assert texts(api.get(URL, {"q": "har* -harb*"})) == ["A hard life."]

    def test_finds_either(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "A ship.")
        factories.make_passage(video, "A car.")
        factories.make_passage(video, "A dog.")

        assert sorted(texts(api.get(URL, {"q": "ship or car"}))) == ["A car.", "A ship."]

    def test_narrows_by_label_and_time(self, api: APIClient, video: Video) -> None:
        thing = {"kind": Passage.Kind.OBJECT}
        factories.make_passage(video, "boat", start_ms=0, end_ms=2000, **thing)
        factories.make_passage(video, "a boat", start_ms=5000, end_ms=7000)
        early = {"q": "boat", "video": str(video.id), "to_ms": "5000"}
        late = {"q": "boat", "video": str(video.id), "from_ms": "2000"}

        assert texts(api.get(URL, {"q": "boat", "label": "Boat"})) == ["boat"]
        assert texts(api.get(URL, early)) == ["boat"]
        assert texts(api.get(URL, late)) == ["a boat"]

    def test_narrows_by_when_the_video_came(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "ship")
        at = video.created_at.isoformat()

        assert texts(api.get(URL, {"q": "ship", "created_after": at})) == ["ship"]
        assert texts(api.get(URL, {"q": "ship", "created_before": at})) == []

    def test_trusts_what_is_flagged_less(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "ship alone", weight=0.2, start_ms=0)
        factories.make_passage(video, "here a ship comes along", start_ms=1)

        assert texts(api.get(URL, {"q": "ship"}))[0] == "here a ship comes along"

    def test_tells_the_cue_that_has_the_words(self, api: APIClient, video: Video) -> None:
        factories.make_passage(
            video,
            "We wait. Ships leave & the harbour.",
            start_ms=0,
            end_ms=9000,
            parts=[[0, 0, 2000], [9, 2500, 9000]],
        )

        (ship,) = api.get(URL, {"q": "harbour ship"}).json()["results"]
        (wait,) = api.get(URL, {"q": "wait"}).json()["results"]

        assert (ship["start_ms"], ship["end_ms"]) == (2500, 9000)
        assert (wait["start_ms"], wait["end_ms"]) == (0, 2000)

    def test_groups_by_video(self, api: APIClient, video: Video) -> None:
        other = factories.make_video(title="Port")
        for at in range(5):
            factories.make_passage(video, "the ship", start_ms=at)
        factories.make_passage(other, "a ship and much else that is no ship at all")

        answer = api.get(URL, {"q": "ship", "group": "video"}).json()["results"]

        assert sorted(
            (one["video"]["title"], one["found"], len(one["hits"])) for one in answer
        ) == [
            ("Harbour", 5, 3),
            ("Port", 1, 1),
        ]

    def test_counts_what_it_found(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "a boat")
        factories.make_passage(video, "boats")
        factories.make_passage(video, "boat", kind=Passage.Kind.OBJECT)

        facets = api.get(URL, {"q": "boat", "facets": "true", "limit": "1"}).json()["facets"]

        assert facets == {
            "kinds": [{"value": "cue", "count": 2}, {"value": "object", "count": 1}],
            "languages": [{"value": "en", "count": 3}],
            "labels": [{"value": "boat", "count": 1}],
            "videos": [{"video": {"id": str(video.id), "title": "Harbour"}, "count": 3}],
        }

    def test_text_can_never_become_markup(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "<img onerror=x> ship & <b>more</b>")

        highlight = api.get(URL, {"q": "ship"}).json()["results"][0]["highlight"]

        assert "<img" not in highlight
        assert "<mark>ship</mark>" in highlight
        assert "&amp; &lt;b&gt;more&lt;/b&gt;" in highlight

    def test_shows_the_shot_on_screen_then(self, api: APIClient, video: Video) -> None:
        stage = factories.make_stage_run(factories.make_run(video))
        factories.make_shot(video, stage, index=0, start_ms=0, end_ms=1000)
        factories.make_shot(video, stage, index=1, start_ms=1000, end_ms=9000)
        factories.make_passage(video, "ship", start_ms=1000, end_ms=3000)

        result = api.get(URL, {"q": "ship"}).json()["results"][0]

        assert result["thumbnail_url"].endswith(f"/api/v1/videos/{video.id}/shots/1.jpg")

    def test_shows_the_poster_where_there_are_no_shots(self, api: APIClient, video: Video) -> None:
        stage = factories.make_stage_run(factories.make_run(video))
        factories.make_rendition(video, stage, "poster")
        factories.make_passage(video, "ship")

        result = api.get(URL, {"q": "ship"}).json()["results"][0]

        assert result["thumbnail_url"].endswith(f"/api/v1/videos/{video.id}/poster.jpg")

    def test_never_leaves_the_workspace(self, api: APIClient) -> None:
        other = factories.make_video(workspace=factories.make_workspace())
        factories.make_passage(other, "ship")

        assert texts(api.get(URL, {"q": "ship"})) == []

    @pytest.mark.parametrize("words", HOSTILE)
    def test_odd_words_are_no_error(self, api: APIClient, video: Video, words: str) -> None:
        factories.make_passage(video, "A ship and a car.")
        factories.make_passage(video, "Ein Schiff.", config="german", language="de")

        response = api.get(URL, {"q": words, "facets": "true", "by": "lexical"})

        assert response.status_code == 200, response.content

    def test_of_an_empty_library_finds_nothing(self, api: APIClient) -> None:
        assert texts(api.get(URL, {"q": 'a "red door" -house'})) == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "q"),
            ({"q": " "}, "q"),
            ({"q": "x" * 401}, "q"),
            ({"q": " " * 400 + "x"}, "q"),
            ({"q": "a\x00b"}, "q"),
            ({"q": "x", "kinds": "shot"}, "kinds"),
            ({"q": "x", "from_ms": "1"}, "from_ms"),
            ({"q": "x", "created_after": "yesterday"}, "created_after"),
            ({"q": "x", "by": "magic"}, "by"),
            ({"q": "x", "group": "kind"}, "group"),
            ({"q": "x", "video": "1"}, "video"),
            ({"q": "x", "limit": "101"}, "limit"),
            ({"q": "x", "limit": "0"}, "limit"),
            ({"q": "x", "language": "English"}, "language"),
        ],
    )
    def test_refuses(self, api: APIClient, query: dict[str, str], field: str) -> None:
        response = api.get(URL, query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]
