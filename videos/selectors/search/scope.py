"""Which passages a search may find at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from videos.languages import search_config

LABELLED = ("object", "sound")
"""Kinds whose text is a label."""

COLUMNS = {
    "candidate": "id, video_id, start_ms, weight, kind, language, label",
    "of_passage": "id, video_id, start_ms, weight, kind, language,"
    " CASE WHEN kind IN ('object', 'sound') THEN text END AS label",
}
"""Those of a `Candidate`, and what they are of a passage."""


class Parameters(dict[str, Any]):
    """Values of one SQL statement, each under a name of its own."""

    def add(self, value: Any) -> str:
        """Keep a value and return what stands for it in the statement."""
        name = f"p{len(self)}"
        self[name] = value
        return f"%({name})s"


@dataclass(frozen=True)
class Scope:
    """What narrows a search; None does not."""

    workspace_id: UUID
    kinds: Sequence[str] | None = None
    video_id: UUID | None = None
    language: str | None = None
    label: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    outside: tuple[UUID, int, int] | None = None
    """Leave out what overlaps this span of a video."""

    def where(self, given: Parameters) -> str:
        """Return the condition on rows of videos_passage."""
        tests = [f"workspace_id = {given.add(self.workspace_id)}"]
        if self.kinds:
            tests.append(f"kind = ANY({given.add(list(self.kinds))})")
        if self.video_id:
            tests.append(f"video_id = {given.add(self.video_id)}")
        if self.language:
            # Its configuration goes without saying, but is what an index has.
            config = given.add(search_config(self.language))
            tests.append(f"language = {given.add(self.language)} AND config = {config}")
        if self.label:
            labelled = given.add(list(LABELLED))
            tests.append(
                f"kind = ANY({labelled}) AND lower(text) = {given.add(self.label.lower())}"
            )
        if self.from_ms is not None:
            tests.append(f"end_ms > {given.add(self.from_ms)}")
        if self.to_ms is not None:
            tests.append(f"start_ms < {given.add(self.to_ms)}")
        if self.outside:
            video_id, start_ms, end_ms = map(given.add, self.outside)
            tests.append(
                f"NOT (video_id = {video_id} AND start_ms < {end_ms} AND end_ms > {start_ms})"
            )
        if self.created_after or self.created_before:
            tests.append(f"EXISTS ({self._created(given)})")
        return " AND ".join(tests)

    def narrowed(self, given: Parameters) -> str:
        """Return of that condition what the index of words has, see `_index_of_words`."""
        columns = "ARRAY[workspace_id::text, video_id::text, config::text, kind::text]"
        values = [str(self.workspace_id)]
        if self.video_id:
            values.append(str(self.video_id))
        if self.language:
            values.append(search_config(self.language))
        tests = [f"{columns} @> {given.add(values)}::text[]"]
        if kinds := self.kinds or (LABELLED if self.label else None):
            tests.append(f"{columns} && {given.add(list(kinds))}::text[]")
        return " AND ".join(tests)

    def _created(self, given: Parameters) -> str:
        tests = ["video.id = video_id"]
        if self.created_after:
            tests.append(f"video.created_at >= {given.add(self.created_after)}")
        if self.created_before:
            tests.append(f"video.created_at < {given.add(self.created_before)}")
        return f"SELECT FROM videos_video AS video WHERE {' AND '.join(tests)}"
