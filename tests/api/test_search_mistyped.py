"""`/search` for words that are mistyped."""

import pytest
from rest_framework.test import APIClient

from tests import factories
from videos.models import Video, Word

pytestmark = pytest.mark.django_db

URL = "/api/v1/search"


class TestMistypedWords:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("harbor", "harbour"),
            ("hrabour", "harbour"),
            ("harbpur", "harbour"),
            ("HARBOURR", "harbour"),
            ("lihgthouses", "lighthouses"),
            ("lighthuose", "lighthouse"),
            ("gal\u00e1xies", "galaxies"),
        ],
    )
    def test_find_what_was_meant(
        self, api: APIClient, video: Video, typed: str, meant: str
    ) -> None:
        factories.make_passage(video, "The harbour, lighthouses, a lighthouse and galaxies.")

        answer = api.get(URL, {"q": f"the {typed}", "by": "lexical"}).json()

        assert answer["corrected"] == f"the {meant}"
        assert len(answer["results"]) == 1

    def test_are_left_as_they_are_where_they_are_found(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "harbor")
        factories.make_passage(video, "harbour")

        answer = api.get(URL, {"q": "harbor", "by": "lexical"}).json()

        assert (answer["corrected"], len(answer["results"])) == (None, 1)

    def test_become_the_commoner_of_two(self, api: APIClient, video: Video) -> None:
        for text in ("the word", "the ward", "a ward"):
            factories.make_passage(video, text)

        assert api.get(URL, {"q": "wqrd", "by": "lexical"}).json()["corrected"] == "ward"

    def test_stay_where_nothing_is_like_them(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "The harbour.")

        answer = api.get(URL, {"q": "xylophone", "by": "lexical"}).json()

        assert (answer["corrected"], answer["results"]) == (None, [])

    def test_never_show_words_of_other_workspaces(self, api: APIClient) -> None:
        other = factories.make_video(workspace=factories.make_workspace())
        factories.make_passage(other, "The harbour.")

        assert api.get(URL, {"q": "harbor", "by": "lexical"}).json()["corrected"] is None

    def test_know_words_as_long_as_a_passage_has_them(self, video: Video) -> None:
        first = factories.make_passage(video, "harbour harbour 23 a@b.de and")
        second = factories.make_passage(video, "Harbour town")

        assert dict(Word.objects.values_list("word", "passages")) == {"harbour": 2, "town": 1}

        second.delete()

        assert dict(Word.objects.values_list("word", "passages")) == {"harbour": 1}

        Video.objects.filter(id=first.video_id).delete()

        assert not Word.objects.exists()
