"""`videos redact` and `videos renditions`: what is asked for, and how far it is."""

from argparse import ArgumentParser, ArgumentTypeError
from uuid import UUID

from django.utils.http import content_disposition_header

from pipeline import store
from videos.models import Rendition
from videos.selectors import rendition_file, rendition_state


def add_arguments(action: ArgumentParser) -> None:
    """Add what `videos redact` takes beside the video's id."""
    action.add_argument("--no-faces", action="store_true", help="leave faces as they are")
    action.add_argument(
        "--mute",
        type=_ids,
        default=[],
        metavar="CUE,CUE",
        help="ids of cues not to be heard, as `videos export ID` tells them",
    )
    action.add_argument("--beep", action="store_true", help="a tone instead of nothing")


def line(rendition: Rendition) -> str:
    """Return how far a rendition is, and where its file is or why there is none."""
    state = rendition_state(rendition)
    tells = _place(rendition) if rendition.path else (state.reason or {}).get("message", "")
    told = f"{rendition.id}  {rendition.kind:<8}  {state.status:<7} {state.progress:>4.0%}  {tells}"
    return told.rstrip()


def _place(rendition: Rendition) -> str:
    """Return the path of its file; where a bucket keeps that, an address for 15 minutes."""
    file = rendition_file(rendition, rendition.video)
    disposition = content_disposition_header(True, file.filename) or "attachment"
    address = store.url(
        file.path, content_type=file.content_type, disposition=disposition, expires_s=900
    )
    return address or str(file.path)


def _ids(text: str) -> list[UUID]:
    try:
        return [UUID(one.strip()) for one in text.split(",") if one.strip()]
    except ValueError:
        raise ArgumentTypeError(
            "Name cues by their ids: in `videos export ID` the transcript has them."
        ) from None
