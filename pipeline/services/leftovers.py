"""Removing files that nothing refers to: what a process left that was killed between disk and row."""

import time
from pathlib import Path
from uuid import UUID

from pipeline import store
from videos.models import Video

# Longer than any upload pauses or any transaction takes.
_OLD_S = 3600.0


def remove_leftovers(*, old_s: float = _OLD_S) -> int:
    """Remove abandoned uploads and folders of videos that don't exist; return how many.

    Only what has not changed for `old_s` seconds: younger files may belong to work under way.
    """
    parts = [path for path in store.incoming_dir().glob("*.part") if _age_s(path) > old_s]
    for part in parts:
        part.unlink(missing_ok=True)
    orphans = _orphans(old_s)
    for video_id in orphans:
        store.remove(video_id)
    return len(parts) + len(orphans)


def _orphans(old_s: float) -> set[UUID]:
    old = {UUID(path.name) for path in store.videos_dir().glob("*-*") if _age_s(path) > old_s}
    return old - set(Video.objects.filter(id__in=old).values_list("id", flat=True))


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # somebody took it over meanwhile
