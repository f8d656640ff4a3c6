"""What a watched place can do, whatever its files lie in.

Where a file lies is named by a text that only its place understands; a row may hold it.
All of it raises `OSError` where the place fails, `FileNotFoundError` where it has no such file.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class NotYet(Exception):
    """The file is not whole, or is no file; the text says what is odd about it, if anything."""


class PlaceUnusable(Exception):
    """It cannot be watched, and waiting mends nothing; the text says why, and what to do."""


class File(Protocol):
    """A file that is whole, as far as its place can tell."""

    @property
    def identity(self) -> str:
        """What no other file of the name has, and this one only until somebody changes it."""

    @property
    def size_bytes(self) -> int: ...

    def blocks(self) -> Iterator[bytes]:
        """Yield what is in it. Raises `NotYet` where that is seen to change."""

    def is_there(self) -> bool:
        """Tell whether it still lies there, and is the same."""

    def move(self, target: str) -> None:
        """Move it to where its place has room for it. Raises `NotYet` where it is another by now.

        One at a time does it; after a crash it is done again.
        """


class Entry(Protocol):
    """A name that a look found."""

    @property
    def name(self) -> str:
        """As rows and logs can hold it."""

    def opened(self) -> AbstractContextManager[File]:
        """Have the file that has this name now. Raises `NotYet`."""


class Place(Protocol):
    """Where files are put, and where they go from there."""

    @property
    def address(self) -> str: ...

    @property
    def done(self) -> str:
        """Where files go once their video exists."""

    @property
    def failed(self) -> str:
        """Where files go that are refused or cannot be analysed, each with its reason beside it."""

    def prepare(self) -> None:
        """Make ready for the first look. Raises `PlaceUnusable`."""

    def entries(self) -> Iterator[Entry]:
        """Yield what lies there now, but for what has gone from there."""

    def free(self, folder: str, name: str) -> AbstractContextManager[str]:
        """Have where a file can be moved in `done` or `failed`; the name may get a number.

        It is given back where what is done with it fails.
        """

    def move(self, source: str, target: str) -> None:
        """Move what was moved before."""

    def explain(self, target: str, text: str) -> None:
        """Say beside the file why it is there, or is about to be."""
