"""Folders of attempts come and go while others work beside them."""

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
