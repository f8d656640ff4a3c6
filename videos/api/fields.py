"""Input fields that accept only what the database can hold."""

import math
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import MaxLengthValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from videos.api import patterns
from videos.languages import CODE, NOT_A_CODE
from videos.vocabulary import LONGEST_WORD, MOST_WORDS, check_vocabulary, not_in_a_word

_LARGEST_METADATA = 16_384
_DEEPEST_METADATA = 16


class Described:
    """A field that tells the OpenAPI document itself what it takes."""

    def described(self) -> dict[str, Any]:
        raise NotImplementedError


def unstorable(char: str) -> bool:
    """Tell whether PostgreSQL has no such character."""
    return char == "\x00" or "\ud800" <= char <= "\udfff"


_UNSTORABLE = "It holds a character that cannot be stored."


def storable(text: str) -> None:
    """Raise `ValidationError` for text that PostgreSQL has no characters for."""
    if any(map(unstorable, text)):
        raise serializers.ValidationError(_UNSTORABLE)


class TextField(Described, serializers.CharField):
    """Text that can be stored; a number is none, as it is to whoever reads the document.

    Its length is that of what was sent, the blanks that are then trimmed included.
    """

    default_error_messages = {"refused": _UNSTORABLE}
    refuses: patterns.Refuses = staticmethod(unstorable)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        for validator in self.validators:
            if isinstance(validator, MaxLengthValidator):
                validator(data)
        text = str(super().to_internal_value(data))
        if any(map(self.refuses, text)):
            self.fail("refused")
        return text

    def described(self) -> dict[str, Any]:
        pattern = patterns.trimmed(self.refuses, blank=self.allow_blank)
        return {"type": "string", "minLength": 1, "pattern": pattern}


@extend_schema_field({"type": "object", "additionalProperties": {}})
class MetadataField(serializers.JSONField):
    """A JSON object of the client's own; as text in a form, as it is in JSON."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            value = super().to_internal_value(data)
        except RecursionError:
            raise serializers.ValidationError("It is nested too deeply.") from None
        if not isinstance(value, dict):
            raise serializers.ValidationError("It must be a JSON object.")
        size = sum(len(text) for text in _texts(value, _DEEPEST_METADATA))
        if size > _LARGEST_METADATA:
            raise serializers.ValidationError(f"It is over {_LARGEST_METADATA} characters.")
        return value


def _texts(value: Any, levels: int) -> Iterable[str]:
    """Yield every key and value of a JSON document as text."""
    if not levels:
        raise serializers.ValidationError(f"It is nested deeper than {_DEEPEST_METADATA} levels.")
    if isinstance(value, dict):
        for key, inner in value.items():
            storable(key)
            yield key
            yield from _texts(inner, levels - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise serializers.ValidationError("It holds a number that is too large.")
    else:
        storable(str(value))
        yield str(value)


class VocabularyField(Described, serializers.Field[list[str], Any, list[str], Any]):
    """Names and terms to expect in speech; in a form one text, with commas between."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            help_text="Names and terms to expect in what is spoken, as they are written; in a form "
            "one text with commas between. Together up to 600 characters.",
            **options,
        )

    def to_internal_value(self, data: Any) -> list[str]:
        words = data.split(",") if isinstance(data, str) else data
        if not isinstance(words, list):
            raise serializers.ValidationError("It is a list of texts.")
        trimmed = [word.strip() if isinstance(word, str) else word for word in words]
        words = [word for word in trimmed if word or not isinstance(data, str)]
        try:
            check_vocabulary(words)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return list(dict.fromkeys(words))

    def to_representation(self, value: list[str]) -> list[str]:
        return value

    def described(self) -> dict[str, Any]:
        word = {"type": "string", "minLength": 1, "maxLength": LONGEST_WORD}
        return {
            "type": ["array", "string"],
            "items": word | {"pattern": patterns.trimmed(not_in_a_word)},
            "maxItems": MOST_WORDS,
            "pattern": patterns.listed(not_in_a_word),
        }


class LanguageField(serializers.RegexField):
    """Which language is spoken."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            CODE,
            required=False,
            allow_blank=True,
            error_messages={"invalid": NOT_A_CODE},
            help_text="What is spoken; detected where it is empty.",
            **options,
        )


class AudioTrackField(serializers.IntegerField):
    """Which audio track is listened to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=999,
            allow_null=True,
            help_text="`index` of the audio track to listen to, as `media.audio` has it; null: the "
            "first with speech, commentary and the like last.",
            **options,
        )


class CommaListField(Described, serializers.Field[list[str], str, str, Any]):
    """Several words in one query parameter: `shot,cue`."""

    def __init__(self, choices: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.choices = tuple(choices)

    def to_internal_value(self, data: str) -> list[str]:
        words = list(dict.fromkeys(data.split(",")))
        for word in words:
            if word not in self.choices:
                known = ", ".join(self.choices)
                raise serializers.ValidationError(f'"{word}" is none of: {known}.')
        return words

    def to_representation(self, value: list[str]) -> str:
        return ",".join(value)

    def described(self) -> dict[str, Any]:
        # An address that names it and says nothing is one that does not name it.
        one = f"({'|'.join(self.choices)})"
        return {"type": "string", "pattern": f"^({one}(,{one})*)?$"}
