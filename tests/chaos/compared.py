"""All that is kept of a video, in a form in which two runs of the same bytes are equal."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from pipeline import store
from pipeline.models import StageRun
from pipeline.services.leftovers import remove_superseded
from videos.management.export import as_json, export
from videos.models import Rendition, Video
from videos.selectors import video_get

_WHEN = re.compile(r'"imported_at": "[^"]*"')
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A film's bytes are not the same each time: x264 does not promise it.
_OWN = {"id", "created_at", "size_bytes"}
_ROUGHLY = 4.0
"""Mean difference of a small grey picture's pixels, of 255, to another encoding of it."""


@dataclass(frozen=True)
class Film:
    """What a film holds, whatever its bytes are."""

    streams: tuple[str, ...]
    """Of each the codec, its length in seconds and the number of its packets."""
    pictures: NDArray[np.int16]
    """(N, 18, 32), grey."""

    def is_like(self, other: "Film") -> bool:
        """Tell whether the other is made alike and shows the same."""
        return self.streams == other.streams and self.shows_as(other)

    def shows_as(self, other: "Film") -> bool:
        """Tell whether the other's pictures are the same, but for what encoding does to them."""
        if self.pictures.shape != other.pictures.shape:
            return False
        differences = np.abs(self.pictures - other.pictures).mean(axis=(1, 2))
        return bool((differences < _ROUGHLY).all())


@dataclass(frozen=True)
class Snapshot:
    """Findings as they are served, as they lie in tables, and files."""

    status: str
    stages: Counter[str]
    served: dict[str, str]
    """Each part of the export as JSON."""
    rows: dict[str, Counter[str]]
    """By table."""
    files: Counter[str]
    """Path and checksum; of films nothing."""
    films: dict[str, Film]
    """By path."""


def snapshot(video: Video) -> Snapshot:
    """Return the video as it is now."""
    video = video_get(workspace=video.workspace, video_id=video.id)
    newest = video.runs.filter(rendition=None).latest("created_at")
    stages = Counter(
        f"{row} {row.status} {(row.reason or {}).get('code', '')}" for row in newest.stages.all()
    )
    exported = {part: _anonymous(as_json(found)) for part, found in export(video).items()}
    # When, and how often.
    exported["transcript"] = _WHEN.sub("", exported["transcript"])
    del exported["video"]
    # What a worker does as soon as it has committed the end of a run: it may be about to.
    remove_superseded(video.id)
    sums, films = _files(video)
    return Snapshot(video.status, stages, exported, _rows(video), sums, films)


def differences(wanted: Snapshot, found: Snapshot) -> Iterator[str]:
    """Say what `found` has otherwise, a sentence each."""
    if found.status != wanted.status:
        yield f"is {found.status}, not {wanted.status}"
    whole = (("stages", wanted.stages, found.stages), ("files", wanted.files, found.files))
    for what, was, is_ in (*whole, *_tables(wanted, found)):
        if was != is_:
            yield f"{what}: lost {list((was - is_).items())[:3]}, new {list((is_ - was).items())[:3]}"
    for part in wanted.served:
        if found.served[part] != wanted.served[part]:
            yield f"{part} is served otherwise"
    for path in sorted(wanted.films.keys() | found.films.keys()):
        if path not in wanted.films or path not in found.films:
            yield f"{path} is there only once"
            continue
        was_film, is_film = wanted.films[path], found.films[path]
        if not was_film.is_like(is_film):
            yield f"{path} is another film: {was_film.streams}, now {is_film.streams}"


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


def _files(video: Video) -> tuple[Counter[str], dict[str, Film]]:
    sums, films = Counter[str](), {}
    folder = store.video_dir(video.id)
    for path in folder.rglob("*"):
        name = _anonymous(str(path.relative_to(folder)))
        if path.suffix == ".mp4" and path.is_file():
            films[name] = film(path)
        elif path.is_file():
            sums[f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"] += 1
    return sums, films


def film(path: Path) -> Film:
    """Return what a file holds."""
    with av.open(str(path)) as container:
        packets = Counter(packet.stream_index for packet in container.demux() if packet.size)
        streams = [
            f"{stream.codec_context.name} {_length_s(stream)} s, {packets[stream.index]} packets"
            for stream in container.streams
        ]
    with av.open(str(path)) as container:
        pictures = [
            frame.reformat(32, 18, "gray").to_ndarray().astype(np.int16)
            for frame in container.decode(video=0)
        ]
    return Film(tuple(streams), np.array(pictures))


def _length_s(stream: Any) -> float:
    return round(float((stream.duration or 0) * stream.time_base), 2)


def _anonymous(text: str) -> str:
    return _ID.sub("*", text)
