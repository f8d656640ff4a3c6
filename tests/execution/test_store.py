"""Folders of attempts come and go while others work beside them."""

from pathlib import Path
from uuid import uuid4

from pipeline import store


class TestDiscard:
    def test_leaves_the_folder_in_which_others_may_be_about_to_begin(self) -> None:
        video_id = uuid4()
        attempt = store.artefact_dir(video_id, "first", uuid4())
        attempt.mkdir(parents=True)
        store.source_path(video_id).touch()

        store.discard(attempt)

        assert not attempt.exists()
        assert attempt.parent.exists()

    def test_leaves_nothing_of_a_video_that_is_gone(self) -> None:
        video_id = uuid4()
        attempt = store.artefact_dir(video_id, "first", uuid4())
        attempt.mkdir(parents=True)

        store.discard(attempt)

        assert not store.video_dir(video_id).exists()


class TestRoot:
    def test_is_made_for_its_owner_alone(self, media_root: Path) -> None:
        media_root.rmdir()

        store.check()

        assert media_root.stat().st_mode & 0o777 == 0o700

    def test_keeps_the_mode_that_somebody_gave_it(self, media_root: Path) -> None:
        media_root.chmod(0o750)

        store.check()

        assert media_root.stat().st_mode & 0o777 == 0o750


class TestSource:
    def test_that_is_released_lies_where_it_was(self, media_root: Path) -> None:
        video_id, part = uuid4(), media_root / "one.part"
        part.write_bytes(b"bytes")
        store.adopt_source(video_id, part)

        store.release_source(video_id, part)

        assert part.read_bytes() == b"bytes"
        assert not store.video_dir(video_id).exists()

    def test_that_was_never_adopted_stays(self, media_root: Path) -> None:
        part = media_root / "one.part"
        part.write_bytes(b"bytes")

        store.release_source(uuid4(), part)

        assert part.read_bytes() == b"bytes"
