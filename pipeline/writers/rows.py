"""What every writer of findings does: a stage's new rows in place of its old ones."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

from pipeline.models import StageRun

_BATCH = 200
"""Rows of one statement: a track may have thousands of boxes."""


def replace(
    stage_run: StageRun, model: type[Model], rows: Iterable[Mapping[str, Any]], /, **same: Any
) -> None:
    """Have the video's rows of a model be `rows`: field by field, but for video and stage.

    `same` are fields that all of them share; old rows that have others there stay.
    """
    video_id = stage_run.run.video_id
    manager = model._base_manager
    manager.filter(video_id=video_id, **same).delete()
    manager.bulk_create(
        (model(video_id=video_id, stage_run=stage_run, **same, **row) for row in rows),
        batch_size=_BATCH,
    )
