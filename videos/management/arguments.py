"""What several commands take."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rest_framework.serializers import Serializer

from videos.api.videos.inputs import VideoFields

HEARING = ("language", "vocabulary", "audio_track")
"""What may be said of a video's sound, as `add_hearing` names it."""


def add_hearing(parser: ArgumentParser) -> None:
    """Add what may be said of a video's sound; what is not said is not among the options."""
    for name, kind, metavar, text in (
        ("language", taken_as(VideoFields, "language"), "xx", "what is spoken; '': detect it"),
        (
            "vocabulary",
            taken_as(VideoFields, "vocabulary"),
            "WORDS",
            "names and terms to expect: 'Kowalczyk, MS Albatros'",
        ),
        ("audio-track", _track, "INDEX", "which one to hear, as media.audio has it; '': choose"),
    ):
        parser.add_argument(f"--{name}", type=kind, default=SUPPRESS, metavar=metavar, help=text)


def _track(text: str) -> Any:
    return taken_as(VideoFields, "audio_track")(text) if text else None


def given(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return those of the options that were given."""
    return {name: options[name] for name in names if name in options}


def taken_as(serializer: type[Serializer[Any]], field: str) -> Callable[[str], Any]:
    """Return what takes a text as the API takes a field. That raises `ArgumentTypeError`."""

    def check(text: str) -> Any:
        parsed = serializer(data={field: text})
        if not parsed.is_valid():
            raise ArgumentTypeError(" ".join(map(str, parsed.errors[field])))
        return parsed.validated_data[field]

    return check
