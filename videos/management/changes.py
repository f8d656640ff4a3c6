"""`videos change`: what is said of a video, as `PATCH /videos/{id}` takes it."""

from argparse import SUPPRESS, ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from videos.api.videos.inputs import VideoChanges
from videos.management.arguments import HEARING, add_hearing, given, taken_as

_TOLD = {
    "title": "what it is called",
    "priority": "0 to 9, higher goes first",
    "metadata": "a JSON object of your own, as a whole",
}


def add_arguments(action: ArgumentParser) -> None:
    """Add what `videos change` takes beside the video's id."""
    for name, text in _TOLD.items():
        action.add_argument(
            f"--{name}", type=taken_as(VideoChanges, name), default=SUPPRESS, help=text
        )
    add_hearing(action)


def changes(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked for. Raises `CommandError` for nothing."""
    asked = given(options, (*_TOLD, *HEARING))
    if not asked:
        raise CommandError("Say what to change: videos change --help names it.")
    return asked


def bear_on_hearing(changes: Mapping[str, Any]) -> bool:
    """Tell whether speech has to be heard again for them to show."""
    return not changes.keys().isdisjoint(HEARING)
