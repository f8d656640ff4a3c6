"""What `videos` can be told to do, and what each action takes beside a video's id."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from uuid import UUID

from videos.api.answers.serializers import QuestionInput
from videos.api.speakers.serializers import SpeakerChanges
from videos.management import changes, renditions, subtitles
from videos.management.arguments import taken_as
from videos.models import Video

_ACTIONS = {
    "show": "a video's report. Example: videos show ID",
    "retry": "run failed stages again. Example: videos retry ID",
    "reprocess": "run stages again. Example: videos reprocess ID --stages read_text --dry-run",
    "change": "what is said of it. Example: videos change ID --language de",
    "cancel": "end its analysis. Example: videos cancel ID",
    "delete": "a video, what was found in it, and its files. Example: videos delete ID",
    "duplicates": "where other videos show the same. Example: videos duplicates ID",
    "speaker": "name who speaks. Example: videos speaker ID S1 'Ada Lovelace'",
    "ask": "a question to the language model about it. "
    "Example: videos ask ID 'When do the ships leave?'",
    "export": "all of it as one JSON object. Example: videos export ID > talk.json",
    "renditions": "what was made of it on request. Example: videos renditions ID",
    "redact": "have a copy made without faces and chosen words. "
    "Example: videos redact ID --mute CUE,CUE --beep",
    "subtitles": "a file or a track of subtitles in place of what is heard. "
    "Example: videos subtitles ID talk.srt --language de",
}


def add(parser: ArgumentParser) -> None:
    """Add the actions; the one that is chosen is `action` among the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "the newest videos. Example: videos list"
    listing = actions.add_parser("list", help=text, description=text)
    listing.add_argument("--status", choices=Video.Status.values)
    listing.add_argument("--limit", type=_count, default=50)
    listing.add_argument("--json", action="store_true", help="print as JSON")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("id", type=UUID, nargs="?" if name == "reprocess" else None)
        action.add_argument("--json", action="store_true", help="print as JSON")
        if name in _TAKE_MORE:
            _TAKE_MORE[name](action)


def _speaker(action: ArgumentParser) -> None:
    action.add_argument("label", help="as `videos show ID` tells it")
    action.add_argument(
        "name", type=taken_as(SpeakerChanges, "name"), help="whose voice it is; '': nobody says"
    )


def _ask(action: ArgumentParser) -> None:
    action.add_argument("question", type=taken_as(QuestionInput, "question"))


def _reprocess(action: ArgumentParser) -> None:
    action.add_argument(
        "--skipped",
        metavar="CODE",
        help="instead of ID: what was skipped for this reason, of every video. "
        "Example: videos reprocess --skipped model_missing",
    )
    action.add_argument("--stages", default="", help="names, by commas; default: all")
    action.add_argument("--dry-run", action="store_true", help="tell what would run")


def _renditions(action: ArgumentParser) -> None:
    action.add_argument("--delete", type=UUID, metavar="RENDITION", help="delete one")


_TAKE_MORE: Mapping[str, Callable[[ArgumentParser], None]] = {
    "reprocess": _reprocess,
    "change": changes.add_arguments,
    "speaker": _speaker,
    "ask": _ask,
    "renditions": _renditions,
    "redact": renditions.add_arguments,
    "subtitles": subtitles.add_arguments,
}


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ArgumentTypeError("It is a whole number of at most nine digits.")
    return int(text)
