"""What several commands take."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from rest_framework.serializers import Serializer

from videos.languages import CODE, NOT_A_CODE


def language(text: str) -> str:
    """Return a language's code, or nothing where there is none. Raises `ArgumentTypeError`."""
    if text and not re.fullmatch(CODE, text):
        raise ArgumentTypeError(NOT_A_CODE)
    return text


def taken_as(serializer: type[Serializer[Any]], field: str) -> Callable[[str], str]:
    """Return what takes a text as the API takes a field. That raises `ArgumentTypeError`."""

    def check(text: str) -> str:
        parsed = serializer(data={field: text})
        if not parsed.is_valid():
            raise ArgumentTypeError(" ".join(map(str, parsed.errors[field])))
        return str(parsed.validated_data[field])

    return check
