"""Where files lie under the media root: one folder a video, and in it one folder an attempt.

No part of an uploaded name is ever part of a path. An attempt writes into a folder of its own;
the row that names the folder is committed when the stage ends, so an attempt that lost its lease
leaves nothing that counts.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

_SOURCE = "source"


def root() -> Path:
    """Return the media root."""
    return Path(settings.MEDIA_ROOT)


def incoming_dir() -> Path:
    """Return where uploads are written until their video exists."""
    return root() / "incoming"


def videos_dir() -> Path:
    """Return the folder that holds one folder a video."""
    return root() / "videos"


def orphaned_dir() -> Path:
    """Return where folders are set aside that no video of the database owns."""
    return root() / "orphaned"


def video_dir(video_id: UUID) -> Path:
    """Return the folder of all files of a video."""
    return videos_dir() / str(video_id)


def source_path(video_id: UUID) -> Path:
    """Return where the uploaded original lies."""
    return video_dir(video_id) / _SOURCE


def artefact_dir(video_id: UUID, stage: str, token: UUID) -> Path:
    """Return the folder of one attempt at a stage."""
    return video_dir(video_id) / "artefacts" / f"{stage}-{token}"


def adopt_source(video_id: UUID, path: Path) -> None:
    """Make the file at `path` the video's original, unless it is already. Raises `OSError`."""
    source = source_path(video_id)
    source.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() or not source.exists():
        path.replace(source)


def release_source(video_id: UUID, path: Path) -> None:
    """Take `adopt_source` back: the file lies at `path` again, and the video has none.

    Also where it was never adopted, or only halfway.
    """
    with suppress(FileNotFoundError):
        source_path(video_id).replace(path)
    remove(video_id)


def remove(video_id: UUID) -> None:
    """Remove every file of a video; nothing there is fine."""
    with suppress(OSError):  # first: by this a stage at work sees that the video is gone
        source_path(video_id).unlink()
    shutil.rmtree(video_dir(video_id), ignore_errors=True)


def discard(directory: Path) -> None:
    """Remove an attempt's folder, and the video's if the video is gone and nothing is left.

    A living video keeps the folder of all attempts: another one may be about to begin in it.
    """
    shutil.rmtree(directory, ignore_errors=True)
    artefacts, video = directory.parent, directory.parent.parent
    if not (video / _SOURCE).exists():
        with suppress(OSError):  # gone already, or not empty yet
            artefacts.rmdir()
            video.rmdir()


def link(source: Path, target: Path) -> None:
    """Make the folder `target` with the files of the folder `source`, sharing their bytes.

    Across devices they are copied. Either folder may go without harm to the other: files of a
    finished stage are never written to. Raises `OSError`.
    """
    shutil.copytree(source, target, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def relative(path: Path) -> str:
    """Return `path` as rows hold it."""
    return str(path.relative_to(root()))


def absolute(path: str) -> Path:
    """Return the place of a path that a row holds."""
    return root() / path
