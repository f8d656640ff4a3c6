"""Where files lie on this machine, and what rows call them: one folder a video, in it one an attempt.

No part of an uploaded name is ever part of a path. An attempt writes into a folder of its own;
the row that names the folder is committed when the stage ends, so an attempt that lost its lease
leaves nothing that counts.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

from django.conf import settings

SOURCE = "source"
"""What the original is called in its video's folder."""
_PARTIAL = "partial"


def root() -> Path:
    """Return the media root."""
    return Path(settings.MEDIA_ROOT)


def make_root() -> Path:
    """Return the media root, made where it is missing: what lies there is nobody's but the server's.

    One that is there keeps its mode: whoever made it may have workers of another user.
    """
    path = root()
    if not path.exists():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def incoming_dir() -> Path:
    """Return where uploads are written until their video exists."""
    return root() / "incoming"


def make_incoming_dir() -> Path:
    """Return it, made where it is missing."""
    make_root()
    path = incoming_dir()
    path.mkdir(exist_ok=True)
    return path


def part_path(upload_id: UUID) -> Path:
    """Return where the bytes of an upload are gathered."""
    return incoming_dir() / f"{upload_id}.part"


def videos_dir() -> Path:
    """Return the folder that holds one folder a video."""
    return root() / "videos"


def orphaned_dir() -> Path:
    """Return where files are set aside that no video of the database owns."""
    return root() / "orphaned"


def aside_dir(video_id: UUID, is_taken: Callable[[Path], bool]) -> Path:
    """Return where to set the files of a video aside, beside those that were before."""
    names = (f"{video_id}.{number}" if number else str(video_id) for number in count())
    return next(path for path in map(orphaned_dir().joinpath, names) if not is_taken(path))


def video_dir(video_id: UUID) -> Path:
    """Return the folder of all files of a video."""
    return videos_dir() / str(video_id)


def source_path(video_id: UUID) -> Path:
    """Return where the original lies."""
    return video_dir(video_id) / SOURCE


def partial_dir(video_id: UUID) -> Path:
    """Return the folder for what an attempt has begun and the next may take up on this machine."""
    return video_dir(video_id) / _PARTIAL


def partials() -> Iterator[Path]:
    """Return the files in the partial folders of all videos."""
    return videos_dir().glob(f"*/{_PARTIAL}/*")


def artefacts_dir(video_id: UUID) -> Path:
    """Return the folder that holds one folder an attempt."""
    return video_dir(video_id) / "artefacts"


def artefact_dir(video_id: UUID, stage: str, token: UUID) -> Path:
    """Return the folder of one attempt at a stage."""
    return artefacts_dir(video_id) / f"{stage}-{token}"


def relative(path: Path) -> str:
    """Return `path` as rows hold it."""
    return str(path.relative_to(root()))


def absolute(path: str) -> Path:
    """Return the place of a path that a row holds."""
    return root() / path
