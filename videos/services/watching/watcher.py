"""Taking in what is put into a watched place: each file once, and none before it is whole.

A file is taken when it is the same at two looks and its place does not know it to be unfinished.
Its bytes are copied; then its video and a row that remembers the file, and where it goes, are
committed together, and only then is it moved there. So it is in the place, or it is in the
database, or both: then the row says so, and it is only moved.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

from videos.models import Video, WatchedFile, Workspace
from videos.services.admission import (
    QuotaExceeded,
    StorageFull,
    TooManyVideos,
    UploadTooLarge,
    admit,
)
from videos.services.uploads import EmptyFile, store_stream
from videos.services.videos import video_create

from .places import Entry, File, NotYet, Place

logger = logging.getLogger(__name__)

# What browsers, copying programs and editors call a file that is not whole yet.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
_PASSING = (QuotaExceeded, StorageFull, TooManyVideos)


@dataclass
class Watcher:
    """Looks into one place, again and again."""

    place: Place
    workspace: Workspace
    values: dict[str, Any] = field(default_factory=dict)
    """What every video gets: `profile`, `language`."""
    _seen: dict[str, str] = field(default_factory=dict)
    """Name → identity at the last look; empty where it could not be told."""
    _told: dict[str, str] = field(default_factory=dict)
    """Name → what was said of it last: once is enough."""

    def look(self) -> None:
        """Take what has become whole since the last look, and tell what became of earlier files.

        Raises `OSError` where the place cannot be looked into.
        """
        self.workspace.refresh_from_db()  # its quotas may have changed
        ended = self._ended()  # before the look, which shows those that have still to be moved
        seen: dict[str, str] = {}
        for entry in self.place.entries():
            if not _is_ignored(entry.name):
                self._look_at(entry, seen)
        self._seen = seen
        self._told = {name: said for name, said in self._told.items() if name in seen}
        for row in ended:
            if seen.get(row.name) not in ("", row.identity):  # else it would be taken anew
                self._forget(row)

    def _look_at(self, entry: Entry, seen: dict[str, str]) -> None:
        seen[entry.name] = ""
        try:
            with entry.opened() as file:
                seen[entry.name] = file.identity
                if file.identity == self._seen.get(entry.name):
                    self._take(entry.name, file)
        except FileNotFoundError:
            return  # its owner took it back, or another watcher took it
        except (NotYet, EmptyFile) as reason:
            self._tell(entry.name, str(reason))
        except _PASSING as error:
            self._tell(entry.name, f"waits: {error.message}")
        except OSError as error:
            self._tell(entry.name, f"cannot be taken: {error.strerror}.")

    def _take(self, name: str, file: File) -> None:
        key: dict[str, Any] = {
            "folder": self.place.address,
            "name": name,
            "identity": file.identity,
        }
        row = WatchedFile.objects.filter(**key).first()
        try:
            row = row or self._ingest(key, file)
        except UploadTooLarge as error:
            row = self._refuse(key, f"{error.message} ({error.code})")
        with _alone(row) as ours:
            if ours and file.is_there():
                file.move(row.moved_to)

    def _ingest(self, key: dict[str, Any], file: File) -> WatchedFile:
        """Copy the file, and commit its video and its row together. Of two at once one does."""
        admit(workspace=self.workspace, size_bytes=file.size_bytes)
        with store_stream(chunks=file.blocks(), filename=key["name"]) as upload:
            with transaction.atomic():
                row, is_new = WatchedFile.objects.get_or_create(**key)
                if is_new:
                    # Only now: whoever took it and forgot its row has moved it away before.
                    if not file.is_there():
                        raise NotYet
                    with self.place.free(self.place.done, row.name) as row.moved_to:
                        row.video = video_create(
                            workspace=self.workspace, upload=upload, **self.values
                        )
                        row.save(update_fields=["video", "moved_to"])
            if is_new:
                logger.info("%s is video %s", row.name, row.video_id)
            return row

    def _refuse(self, key: dict[str, Any], why: str) -> WatchedFile:
        with transaction.atomic():
            row, is_new = WatchedFile.objects.get_or_create(**key)
            if is_new:
                with self.place.free(self.place.failed, row.name) as row.moved_to:
                    row.save(update_fields=["moved_to"])
                    self._explain(row, row.moved_to, why)
        return row

    def _ended(self) -> list[WatchedFile]:
        """Return the rows of files of which nothing more will come."""
        ended = Q(video__isnull=True) | ~Q(video__status__in=Video.OPEN)
        rows = WatchedFile.objects.filter(ended, folder=self.place.address)
        return list(rows.select_related("video"))

    def _forget(self, row: WatchedFile) -> None:
        """Remove the row; if the analysis failed, move the file and say why."""
        reason = row.video.status_reason if row.video else None
        with _alone(row) as ours:
            if ours and reason:
                self._fail(row, f"{reason['message']} ({reason['code']}) Video {row.video_id}.")
            if ours:
                row.delete()

    def _fail(self, row: WatchedFile, why: str) -> None:
        """Say why before the file is there: the other way round it might stay unsaid."""
        with (
            suppress(FileNotFoundError),  # its owner took it away
            self.place.free(self.place.failed, row.name) as target,
        ):
            self._explain(row, target, why)
            self.place.move(row.moved_to, target)

    def _explain(self, row: WatchedFile, target: str, why: str) -> None:
        self.place.explain(target, f"{why}\n")
        logger.warning("%s failed: %s", row.name, why)

    def _tell(self, name: str, why: str) -> None:
        if why and self._told.get(name) != why:
            self._told[name] = why
            logger.warning("%s %s", name, why)


@contextmanager
def _alone(row: WatchedFile) -> Iterator[bool]:
    """Be the one watcher that has the file in hand; False: another one has, or has done with it."""
    with transaction.atomic():
        rows = WatchedFile.objects.select_for_update(skip_locked=True).filter(id=row.id)
        yield rows.first() is not None


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)
