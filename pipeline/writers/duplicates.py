"""Which other videos of the workspace show what a video shows, and when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import accumulate
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from pipeline.results import Signature as SignatureResult
from pipeline.results.signatures import HASH_BYTES, PICTURE_EVERY_MS
from videos.models import Duplicate, Signature, Video

if TYPE_CHECKING:
    from pipeline.media.matching import Run

# All bounded, whatever the library holds: a logo that opens a thousand videos costs no more.
_MOST_PROBES = 1000
_NEIGHBOURS = 20
_NEAR = 56
"""Bits of 256. Only where to look: what is found there is compared picture by picture."""
_MOST_VIDEOS = 32
_MOST_DISTANCES, _FEWEST_DISTANCES = 128, 8
_MOST_STEPS = 30_000_000
"""Pictures compared in all, in seconds. Of many hours fewer distances are tried."""
_MOST_RUNS = 50

# Others' workspaces and copies lie in the same index: the scan goes on past them.
_SCAN = "SET LOCAL hnsw.iterative_scan = relaxed_order"
_NEIGHBOURS_OF = """
SELECT probe.number, near.video_id, near.start_ms, near.end_ms
FROM unnest(%(bits)s::text[]) WITH ORDINALITY AS probe(bits, number)
CROSS JOIN LATERAL (
    SELECT video_id, start_ms, end_ms, bits <~> probe.bits::bit(256) AS differing
    FROM videos_signature
    WHERE workspace_id = %(workspace)s AND video_id <> ALL(%(copies)s)
    ORDER BY bits <~> probe.bits::bit(256) LIMIT %(neighbours)s
) AS near
WHERE near.differing <= %(near)s
"""


@dataclass(frozen=True)
class Candidate:
    """A video that may share something, seen as it is or in the mirror."""

    video_id: UUID
    mirrored: bool
    distances: Sequence[int]
    """From the one's time to the other's, in steps of `PICTURE_EVERY_MS`: where to look."""


def middle(pictures: bytes) -> bytes:
    """Return the hash that stands for a signature: its first pictures may still be blended."""
    start = len(pictures) // HASH_BYTES // 2 * HASH_BYTES
    return pictures[start : start + HASH_BYTES]


def find_candidates(video: Video, signatures: Sequence[SignatureResult]) -> list[Candidate]:
    """Return the videos most likely to share something, most likely first.

    What few others show tells most. Videos of the very same bytes are left out.
    """
    step = -(-len(signatures) // _MOST_PROBES) or 1
    probes = [(one, mirrored) for one in signatures[::step] for mirrored in (False, True)]
    near = defaultdict(list)
    for number, video_id, start_ms, end_ms in _neighbours(video, probes):
        near[number - 1].append((video_id, start_ms, end_ms))
    votes: dict[tuple[UUID, bool], list[tuple[float, int, int]]] = defaultdict(list)
    for number, found in near.items():
        probe, mirrored = probes[number]
        weight = 1 / len({video_id for video_id, *_ in found})
        for video_id, start_ms, end_ms in found:
            earliest = (start_ms - probe.end_ms) // PICTURE_EVERY_MS
            latest = (end_ms - probe.start_ms) // PICTURE_EVERY_MS + 1
            votes[video_id, mirrored].append((weight, earliest, latest))
    by_votes = sorted(votes, key=lambda key: -sum(vote[0] for vote in votes[key]))
    likeliest = by_votes[:_MOST_VIDEOS]
    if not likeliest:
        return []
    length = signatures[-1].end_ms // PICTURE_EVERY_MS + 1
    most = max(_FEWEST_DISTANCES, min(_MOST_DISTANCES, _MOST_STEPS // length // len(likeliest)))
    return [Candidate(*key, _most_voted(votes[key], most)) for key in likeliest]


def find_duplicates(
    signatures: Sequence[SignatureResult], candidates: Iterable[Candidate]
) -> Iterator[Duplicate]:
    """Yield what candidates show as well, each `Duplicate` without the video it is of."""
    from pipeline.media import matching  # NumPy is nothing that a web server needs

    own = {mirrored: matching.steps(signatures, mirrored=mirrored) for mirrored in (False, True)}
    found: list[tuple[Run, Candidate, int]] = []
    for candidate in candidates:
        theirs = _signatures_of(candidate.video_id)
        runs = matching.find_runs(
            own[candidate.mirrored], matching.steps(theirs), candidate.distances
        )
        found += [(run, candidate, theirs[-1].end_ms) for run in runs]
    found.sort(key=lambda one: one[0].strength, reverse=True)
    for run, candidate, theirs_end_ms in found[:_MOST_RUNS]:
        yield Duplicate(
            start_ms=run.start * PICTURE_EVERY_MS,
            end_ms=min((run.start + run.steps) * PICTURE_EVERY_MS, signatures[-1].end_ms),
            confidence=round(run.confidence, 3),
            other_id=candidate.video_id,
            other_start_ms=run.other_start * PICTURE_EVERY_MS,
            other_end_ms=min((run.other_start + run.steps) * PICTURE_EVERY_MS, theirs_end_ms),
            mirrored=candidate.mirrored,
        )


def _neighbours(
    video: Video, probes: Sequence[tuple[SignatureResult, bool]]
) -> list[tuple[int, UUID, int, int]]:
    """Return (number of the probe from 1, video, start_ms, end_ms) of what looks like it."""
    hashes = [middle(one.mirrored if mirrored else one.pictures) for one, mirrored in probes]
    copies = Video.objects.filter(
        workspace=video.workspace_id, checksum_sha256=video.checksum_sha256
    )
    with connection.cursor() as cursor:
        cursor.execute(_SCAN)
        cursor.execute(
            _NEIGHBOURS_OF,
            {
                "bits": [f"{int.from_bytes(bits):0256b}" for bits in hashes],
                "workspace": video.workspace_id,
                "copies": list(copies.values_list("id", flat=True)),
                "neighbours": _NEIGHBOURS,
                "near": _NEAR,
            },
        )
        rows: list[tuple[int, UUID, int, int]] = cursor.fetchall()
    return rows


def _most_voted(votes: Sequence[tuple[float, int, int]], most: int) -> list[int]:
    """Return the distances that most of (weight, earliest, latest) agree on, in order."""
    lowest, highest = min(vote[1] for vote in votes), max(vote[2] for vote in votes)
    rises = [0.0] * (highest - lowest + 2)
    for weight, earliest, latest in votes:
        # Long stretches alike fit at many distances, and tell little of each.
        share = weight / (latest - earliest + 1)
        rises[earliest - lowest] += share
        rises[latest + 1 - lowest] -= share
    counts = enumerate(accumulate(rises[:-1]), lowest)
    return sorted(distance for distance, _ in nlargest(most, counts, key=lambda one: one[1]))


def _signatures_of(video_id: UUID) -> list[SignatureResult]:
    rows = Signature.objects.filter(video=video_id).order_by("start_ms")
    return [
        SignatureResult(start_ms, end_ms, bytes(pictures), b"")
        for start_ms, end_ms, pictures in rows.values_list("start_ms", "end_ms", "pictures")
    ]
