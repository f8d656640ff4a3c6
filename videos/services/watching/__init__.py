"""Watched places: a rule of what is taken, once, and where it goes; below it what can be watched."""

from pathlib import Path

from .folder import Folder
from .places import Place, PlaceUnusable
from .watcher import Watcher

__all__ = ["Folder", "Place", "PlaceUnusable", "Watcher", "place_at"]


def place_at(address: str, *, done: str | None = None, failed: str | None = None) -> Place:
    """Return the place of that address, `done` and `failed` in it unless they are named."""
    if address.startswith("s3://"):
        from .bucket import Bucket  # its libraries take a while: nobody else waits for them

        address = f"{address.rstrip('/')}/"
        return Bucket(
            address,
            done=f"{(done or f'{address}done').rstrip('/')}/",
            failed=f"{(failed or f'{address}failed').rstrip('/')}/",
        )
    folder = Path(address).resolve()
    return Folder(
        address=str(folder),
        done=str(Path(done).resolve() if done else folder / "done"),
        failed=str(Path(failed).resolve() if failed else folder / "failed"),
    )
