"""The peer of `make bench` that is said to do the same work: it writes and answers what we do."""

import pytest
from django.db.models import Model

from bench.peer import answers, base, tables
from pipeline.models import PipelineRun, StageRun
from videos.api.videos.serializers import LinksSerializer, VideoSerializer
from videos.api.videos.stages import StageRunSerializer
from videos.models import Video


class TestTheWholePeer:
    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [(tables.Video, Video), (tables.Run, PipelineRun), (tables.Stage, StageRun)],
    )
    def test_writes_every_column(self, theirs: type[base.Base], ours: type[Model]) -> None:
        columns = {field.column for field in ours._meta.concrete_fields}

        assert set(theirs.__table__.columns.keys()) == columns

    def test_answers_every_field(self) -> None:
        assert set(answers.VideoOut.model_fields) == set(VideoSerializer().fields)
        assert set(answers.StageOut.model_fields) == set(StageRunSerializer().fields)
        assert set(answers.links("")) == set(LinksSerializer().fields)
