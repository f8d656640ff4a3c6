"""`/search`."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests import factories
from videos.models import Passage, Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/search"


def texts(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [result["text"] for result in response.json()["results"]]


@pytest.fixture
def video(db: None) -> Video:
    return factories.make_video(title="Harbour")


class TestSearch:
    def test_finds_the_moment_in_every_form_of_the_word(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "Two ships were leaving.", start_ms=7000, end_ms=9000)
        factories.make_passage(video, "Nothing else happened.")

        results = api.get(URL, {"q": "ship leaves"}).json()["results"]

        assert len(results) == 1
        assert results[0].pop("score") > 0
        assert results[0] == {
            "video": {"id": str(video.id), "title": "Harbour"},
            "kind": "cue",
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

    @pytest.mark.parametrize("words", ["the", "-ship", '"', "&|!:*()", "ship:*", "%", "\\"])
    def test_odd_words_are_no_error(self, api: APIClient, video: Video, words: str) -> None:
        factories.make_passage(video, "A ship and a car.")

        assert api.get(URL, {"q": words}).status_code == 200

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "q"),
            ({"q": " "}, "q"),
            ({"q": "x" * 401}, "q"),
            ({"q": " " * 400 + "x"}, "q"),
            ({"q": "a\x00b"}, "q"),
            ({"q": "x", "kinds": "shot"}, "kinds"),
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
