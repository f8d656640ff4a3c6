"""Removing files that nothing refers to: left by a process that was killed, or by an earlier run."""

import logging
import re
import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from videos.models import Removal, Upload, Video

logger = logging.getLogger(__name__)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Longer than any upload pauses or any transaction takes.
_OLD_S = 3600.0
# What a stage had begun is for its next attempt or a retry, not for ever.
_DAY_S = 24 * 3600.0
_MOST_AT_ONCE = 10_000


def remove_leftovers(*, old_s: float = _OLD_S) -> int:
    """Remove abandoned uploads and fetches, and set aside files of unknown videos; return how many.

    Only what has not changed for `old_s` seconds: younger files may belong to work under way.
    What was left of deleted videos goes at once. What this database does not know is moved, never
    removed: the database may be the wrong one, or restored from an older copy, and the originals
    are all there is.
    """
    parts = [*_abandoned(old_s), *(p for p in store.partials() if _age_s(p) > _DAY_S)]
    for part in parts:
        part.unlink(missing_ok=True)
    removals = Removal.objects.all()
    for removal in removals:
        remove_files(removal)
    orphans = sum(map(_set_aside, _orphans(old_s)))
    return len(parts) + len(removals) + orphans


def remove_files(removal: Removal) -> None:
    """Remove the files of a deleted video or rendition, then what says that they are to go."""
    if Video.objects.filter(id=removal.video_id).exists():
        remove_superseded(removal.video_id)
    else:
        store.remove(removal.video_id)
    removal.delete()


def forget_copies() -> None:
    """Remove this machine's copies of videos that were deleted elsewhere."""
    for video_id in _unknown(store.copied_videos()):
        store.forget_copies(video_id)


def remove_superseded(video_id: UUID) -> None:
    """Remove the files of attempts that no finding, none of the newest runs and no lease names.

    They are of earlier runs, or of workers that died. The order makes it safe beside work under
    way: what is listed was claimed before, what is claimed is leased or has ended when it is read.
    """
    attempts = store.attempts(video_id)
    rows = StageRun.objects.filter(run__video=video_id)
    leases = rows.filter(lease_token__isnull=False).values_list("name", "lease_token")
    named = {store.relative(store.artefact_dir(video_id, *lease)) for lease in leases}
    newest = (
        PipelineRun.objects.filter(video=video_id)
        .order_by("rendition", "-created_at")
        .distinct("rendition")
    )
    named |= set(rows.filter(run__in=newest).values_list("artefact", flat=True))
    superseded = {store.relative(attempt): attempt for attempt in attempts}
    superseded = {name: superseded[name] for name in superseded.keys() - named}
    # Every end of a run comes here, and hardly one leaves any: a question a table only then.
    for relation in StageRun._meta.related_objects if superseded else ():
        findings = relation.related_model._base_manager.filter(stage_run__run__video=video_id)
        for name in findings.values_list("stage_run__artefact", flat=True).distinct():
            superseded.pop(name, None)
    for attempt in superseded.values():
        store.discard(attempt)


def _set_aside(video_id: UUID) -> bool:
    """Set one video's files aside; where it fails the others are not to wait for somebody."""
    try:
        aside = store.set_aside(video_id)
    except OSError as error:  # another machine's sweeper was first, or they are not ours to move
        logger.warning("the files of %s, which is no video, stay: %s", video_id, error)
        return False
    logger.warning("no video has this id: its files were set aside as %s", aside)
    return True


def _abandoned(old_s: float) -> Collection[Path]:
    """Return old parts, but not those of resumable uploads: these have rows, which expire."""
    old = {path.stem: path for path in store.incoming_dir().glob("*.part") if _age_s(path) > old_s}
    ids = [stem for stem in old if _UUID.fullmatch(stem)]
    known = {str(id_) for id_ in Upload.objects.filter(id__in=ids).values_list("id", flat=True)}
    return [path for stem, path in old.items() if stem not in known]


def _orphans(old_s: float) -> Collection[UUID]:
    """Return the old ones among what is kept of videos that have no row.

    Listed before the rows are read: whose row is committed meanwhile is found, or too young.
    """
    return [video_id for video_id in _unknown(store.videos()) if store.age_s(video_id) > old_s]


def _unknown(ids: Iterable[UUID]) -> Iterator[UUID]:
    rest = iter(ids)
    while some := list(islice(rest, _MOST_AT_ONCE)):
        known = set(Video.objects.filter(id__in=some).values_list("id", flat=True))
        yield from (video_id for video_id in some if video_id not in known)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # somebody took it over meanwhile
