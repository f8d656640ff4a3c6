"""What texts mean, as vectors that search compares."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextVector:
    text: str
    vector: bytes
    """(384,) float16, little-endian, of length 1."""


@dataclass(frozen=True)
class Vectors:
    """Made by: embed_passages. Every text once, however often it occurs."""

    vectors: tuple[TextVector, ...]
    model: str
