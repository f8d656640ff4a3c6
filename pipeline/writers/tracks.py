"""What was followed through the pictures, and its labels in the search index."""

from collections.abc import Iterable

import msgspec

from pipeline.models import StageRun
from pipeline.results import Faces, Objects
from pipeline.results import Track as TrackResult
from pipeline.writers.passages import Moment, write_passages
from videos.models import Passage, Track

_SAME_MOMENT_MS = 2000
"""Tracks of one label that lie closer than this are one place to jump to."""


def write_objects(stage_run: StageRun, result: Objects) -> None:
    """Replace the video's tracks of things."""
    write_tracks(stage_run, Track.Kind.OBJECT, result.tracks)
    # Labels are English words: a search for bottles finds bottle.
    write_passages(stage_run, Passage.Kind.OBJECT, _moments(result.tracks), language="en")


def write_faces(stage_run: StageRun, result: Faces) -> None:
    """Replace the video's tracks of faces."""
    write_tracks(stage_run, Track.Kind.FACE, result.tracks)


def write_tracks(stage_run: StageRun, kind: Track.Kind, tracks: Iterable[TrackResult]) -> None:
    """Replace the video's tracks of one kind."""
    video_id = stage_run.run.video_id
    Track.objects.filter(video_id=video_id, kind=kind).delete()
    Track.objects.bulk_create(
        (
            Track(
                video_id=video_id,
                stage_run=stage_run,
                kind=kind,
                label=track.label,
                start_ms=track.start_ms,
                end_ms=track.end_ms,
                confidence=track.confidence,
                boxes=msgspec.to_builtins(track.boxes),  # a long video has 300,000
            )
            for track in tracks
        ),
        batch_size=200,
    )


def _moments(tracks: Iterable[TrackResult]) -> list[Moment]:
    """Return when a label shows, however many things of it: a crowd is one hit, not hundreds."""
    moments: list[Moment] = []
    for track in sorted(tracks, key=lambda track: (track.label, track.start_ms)):
        last = moments[-1] if moments else None
        if last and last.text == track.label and track.start_ms <= last.end_ms + _SAME_MOMENT_MS:
            moments[-1] = last._replace(end_ms=max(last.end_ms, track.end_ms))
        else:
            moments.append(Moment(track.start_ms, track.end_ms, track.label))
    return moments
