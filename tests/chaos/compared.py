"""All that is kept of a video, in a form in which two runs of the same bytes are equal."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline import store
from pipeline.models import StageRun
from videos.management.export import as_json, export
from videos.models import Rendition, Video
from videos.selectors import video_get

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OWN = {"id", "created_at"}


@dataclass(frozen=True)
class Snapshot:
    """Findings as they are served, as they lie in tables, and files."""

    status: str
    stages: Counter[str]
    served: dict[str, str]
    """Each part of the export as JSON."""
    rows: dict[str, Counter[str]]
    """By table."""
    files: dict[str, str]
    """By path: the checksum."""


def snapshot(video: Video) -> Snapshot:
    """Return the video as it is now."""
    video = video_get(workspace=video.workspace, video_id=video.id)
    newest = video.runs.filter(rendition=None).latest("created_at")
    stages = Counter(
        f"{row} {row.status} {(row.reason or {}).get('code', '')}" for row in newest.stages.all()
    )
    exported = {part: _anonymous(as_json(found)) for part, found in export(video).items()}
    del exported["video"]  # when, and how often
    return Snapshot(video.status, stages, exported, _rows(video), dict(_files(video)))


def differences(wanted: Snapshot, found: Snapshot) -> Iterator[str]:
    """Say what `found` has otherwise, a sentence each."""
    if found.status != wanted.status:
        yield f"is {found.status}, not {wanted.status}"
    for what, was, is_ in (("stages", wanted.stages, found.stages), *_tables(wanted, found)):
        if was != is_:
            yield f"{what}: lost {list((was - is_).items())[:3]}, new {list((is_ - was).items())[:3]}"
    for part in wanted.served:
        if found.served[part] != wanted.served[part]:
            yield f"{part} is served otherwise"
    for path in sorted(wanted.files.keys() | found.files.keys()):
        if (was_sum := wanted.files.get(path)) != (is_sum := found.files.get(path)):
            yield f"{path}: {was_sum and was_sum[:8]}, now {is_sum and is_sum[:8]}"


def _tables(wanted: Snapshot, found: Snapshot) -> Iterator[tuple[str, Counter[str], Counter[str]]]:
    for table, rows in wanted.rows.items():
        yield table, rows, found.rows[table]


def _rows(video: Video) -> dict[str, Counter[str]]:
    tables: dict[str, Any] = {
        relation.related_model.__name__: relation.related_model._base_manager.filter(
            stage_run__run__video=video
        )
        for relation in StageRun._meta.related_objects
    }
    tables[Rendition.__name__] = Rendition.objects.filter(video=video)
    return {table: Counter(map(_content, rows.values())) for table, rows in tables.items()}


def _content(row: dict[str, Any]) -> str:
    kept = {name: row[name] for name in row if name not in _OWN and not name.endswith("_id")}
    return _anonymous(repr(kept))


def _files(video: Video) -> Iterator[tuple[str, str]]:
    folder = store.video_dir(video.id)
    for path in folder.rglob("*"):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield _anonymous(str(path.relative_to(folder))), digest


def _anonymous(text: str) -> str:
    return _ID.sub("*", text)
