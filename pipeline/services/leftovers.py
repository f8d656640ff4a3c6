"""Removing files that nothing refers to: left by a process that was killed, or by an earlier run."""

import logging
import re
import time
from pathlib import Path
from uuid import UUID

from django.db import transaction

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from videos.models import Video

logger = logging.getLogger(__name__)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Longer than any upload pauses or any transaction takes.
_OLD_S = 3600.0


def remove_leftovers(*, old_s: float = _OLD_S) -> int:
    """Remove abandoned uploads and set aside folders of unknown videos; return how many.

    Only what has not changed for `old_s` seconds: younger files may belong to work under way.
    A folder that this database does not know is moved, never removed: the database may be the
    wrong one, or restored from an older copy, and the originals are all there is.
    """
    parts = [path for path in store.incoming_dir().glob("*.part") if _age_s(path) > old_s]
    for part in parts:
        part.unlink(missing_ok=True)
    orphans = _orphans(old_s)
    for folder in orphans:
        aside = store.orphaned_dir() / folder.name
        aside.parent.mkdir(exist_ok=True)
        folder.rename(aside)
        logger.warning("no video has this id: its folder was set aside as %s", aside)
    return len(parts) + len(orphans)


@transaction.atomic
def remove_superseded(video_id: UUID) -> None:
    """Remove the results of earlier runs that no finding and none of the newest runs names.

    Holds the video's row, as does whoever links its files into another video: neither ever sees
    the other's work half done.
    """
    if Video.objects.select_for_update(no_key=True).filter(id=video_id).first() is None:
        return
    newest = (
        PipelineRun.objects.filter(video=video_id)
        .order_by("purpose", "-created_at")
        .distinct("purpose")
    )
    rows = StageRun.objects.filter(run__video=video_id)
    named = set(rows.filter(run__in=newest).values_list("artefact", flat=True))
    for relation in StageRun._meta.related_objects:
        findings = relation.related_model._base_manager.filter(stage_run__run__video=video_id)
        named |= set(findings.values_list("stage_run__artefact", flat=True).distinct())
    for artefact in set(rows.values_list("artefact", flat=True)) - named - {""}:
        store.discard(store.absolute(artefact))


def _orphans(old_s: float) -> list[Path]:
    old = {path.name: path for path in store.videos_dir().glob("*") if _age_s(path) > old_s}
    ids = [name for name in old if _UUID.fullmatch(name)]
    known = {str(id_) for id_ in Video.objects.filter(id__in=ids).values_list("id", flat=True)}
    return [old[name] for name in ids if name not in known]


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # somebody took it over meanwhile
