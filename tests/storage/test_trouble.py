"""What is told where a bucket cannot be used, and what comes of it once it can."""

from collections.abc import Callable
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from pipeline import store
from pipeline.store import StorageUnavailable
from tests.storage.files import attempt, brought_here, source
from tests.storage.server import Line, Server

pytestmark = pytest.mark.usefixtures("bucket")


class TestTrouble:
    """Each is one sentence that says what to do."""

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("S3_SECRET_ACCESS_KEY", "wrong", "signature. Check S3_ACCESS_KEY_ID"),
            ("S3_ACCESS_KEY_ID", "nobody", "access key. Check S3_ACCESS_KEY_ID"),
            ("S3_BUCKET", "another-one", "There is no such bucket. Make it"),
            ("S3_ENDPOINT_URL", "http://127.0.0.1:9", "does not answer"),
        ],
    )
    def test_is_told(self, settings: Any, name: str, value: str, words: str) -> None:
        setattr(settings, name, value)

        for call in _calls():
            with pytest.raises(StorageUnavailable, match=words):
                call()

    def test_of_a_server_that_is_away_passes(self, bucket: Server, settings: Any) -> None:
        with Line(bucket) as line:
            settings.S3_ENDPOINT_URL = line.url
            here = source(uuid4())
            line.cut()
            with pytest.raises(StorageUnavailable):
                store.size(here.with_name("else"))

            line.mend()

            assert store.exists(here.parent)


def _calls() -> list[Callable[[], object]]:
    folder = attempt(uuid4(), kept=False)
    return [
        store.check,
        lambda: store.keep(folder, Event()),
        lambda: brought_here(store.source_path(uuid4())),
    ]
