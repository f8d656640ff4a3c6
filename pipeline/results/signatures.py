"""What pictures look like, in a few bits, so that copies of them can be found."""

from dataclasses import dataclass

from pipeline.results.vision import Coverage

PICTURE_EVERY_MS = 250
"""Videos are compared at this pace: of two copies, cut anywhere, each picture has one of the
other's at most half of it away."""
HASH_BYTES = 32


@dataclass(frozen=True)
class Signature:
    """A stretch of a shot in which the picture hardly changes."""

    start_ms: int
    """A multiple of `PICTURE_EVERY_MS`."""
    end_ms: int
    pictures: bytes
    """A PDQ hash of `HASH_BYTES` every `PICTURE_EVERY_MS`."""
    mirrored: bytes
    """Likewise, of the pictures' mirror images."""


@dataclass(frozen=True)
class Signatures:
    """Made by: sign_shots. Ascending; black and flat pictures are left out."""

    signatures: tuple[Signature, ...]
    coverage: Coverage
