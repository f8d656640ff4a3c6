"""What was followed through the pictures, and its labels in the search index."""

from collections.abc import Iterable

import msgspec

from pipeline.media.passages import of_objects
from pipeline.models import StageRun
from pipeline.results import Faces, Objects
from pipeline.results import Track as TrackResult
from pipeline.writers.passages import write_passages
from pipeline.writers.rows import replace
from videos.models import Passage, Track


def write_objects(stage_run: StageRun, result: Objects) -> None:
    """Replace the video's tracks of things."""
    write_tracks(stage_run, Track.Kind.OBJECT, result.tracks)
    # Labels are English words: a search for bottles finds bottle.
    write_passages(stage_run, Passage.Kind.OBJECT, of_objects(result), language="en")


def write_faces(stage_run: StageRun, result: Faces) -> None:
    """Replace the video's tracks of faces."""
    write_tracks(stage_run, Track.Kind.FACE, result.tracks)


def write_tracks(stage_run: StageRun, kind: Track.Kind, tracks: Iterable[TrackResult]) -> None:
    """Replace the video's tracks of one kind."""
    # Not by `asdict`: a long video has 300,000 boxes.
    replace(stage_run, Track, map(msgspec.to_builtins, tracks), kind=kind)
