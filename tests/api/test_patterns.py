"""The patterns in the OpenAPI document refuse what the server does, and nothing else."""

import re
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field

from videos.api.fields import CommaListField, TextField, VocabularyField
from videos.api.speakers.serializers import SpeakerChanges
from videos.api.videos.inputs import VideoChanges, VideoFields, VideoSourceInput

# Of the basic plane all that shows nothing, breaks lines or cannot be stored, and much that does not.
CHARACTERS = [
    chr(code) for first, last in ((0, 0x3100), (0xE000, 0xE010), (0xFE00, 0x10000))
    for code in range(first, last)
]  # fmt: skip
TITLE = VideoChanges().fields["title"]
NAME = SpeakerChanges().fields["name"]
WORDS = VideoFields().fields["vocabulary"]
ADDRESS = VideoSourceInput().fields["source_url"]


def is_taken(field: Field[Any, Any, Any, Any], value: Any) -> bool:
    try:
        field.run_validation(value)
    except ValidationError:
        return False
    return True


class TestPattern:
    @pytest.mark.parametrize("around", ["a{}b", "{}a", "a{}", "{}"])
    @pytest.mark.parametrize("field", [TITLE, NAME], ids=["title", "name"])
    def test_of_a_text_refuses_the_same_characters(self, field: TextField, around: str) -> None:
        pattern = re.compile(field.described()["pattern"])

        texts = [around.format(char) for char in CHARACTERS]

        assert [t for t in texts if bool(pattern.match(t)) != is_taken(field, t)] == []

    @pytest.mark.parametrize("field", [TITLE, NAME], ids=["title", "name"])
    def test_names_no_half_of_a_character(self, field: TextField) -> None:
        """What reads patterns in UTF-8 takes none that does, and lets everything pass."""
        assert not re.search(r"\\ud[89a-f]", field.described()["pattern"])

    @pytest.mark.parametrize("around", ["a{}b", "{}a", "{}"])
    def test_of_hot_words_refuses_the_same_characters(self, around: str) -> None:
        assert isinstance(WORDS, VocabularyField)
        word = re.compile(WORDS.described()["items"]["pattern"])
        several = re.compile(WORDS.described()["pattern"])

        texts = [around.format(char) for char in CHARACTERS]

        assert [t for t in texts if bool(word.match(t)) != is_taken(WORDS, [t])] == []
        assert [t for t in texts if bool(several.match(t)) != is_taken(WORDS, f"x,{t}")] == []

    @pytest.mark.parametrize("text", ["", "a,b", "b", "a,", ",", "c", "a b", "a,b,a"])
    def test_of_a_list_takes_its_choices(self, text: str) -> None:
        field = CommaListField(["a", "b"])

        # What is empty in an address is not there.
        taken = text == "" or is_taken(field, text)

        assert bool(re.match(field.described()["pattern"], text)) == taken

    @pytest.mark.parametrize(
        ("address", "fits"),
        [
            ("HTTPS://example.org:8000/a?b#c", True),
            ("http://[2001:db8::1]/a.mp4", True),
            ("http://me:secret@example.org/", False),
            ("ftp://example.org/a.mp4", False),
            ("http://example.org/a b", False),
            ("example.org", False),
        ],
    )
    def test_of_an_address_takes_those_of_the_web(self, address: str, fits: bool) -> None:
        assert isinstance(ADDRESS, TextField)

        assert bool(re.match(ADDRESS.described()["pattern"], address)) == fits
