"""Words to expect and words to set right, from the request to the stage that hears."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pipeline import services as pipeline
from pipeline.models import StageRun
from pipeline.services.planning import plan_run
from tests import factories
from videos.models import Video, Workspace

pytestmark = pytest.mark.django_db


def patched(api: APIClient, video: Video, **changes: Any) -> Any:
    return api.patch(f"/api/v1/videos/{video.id}", changes, format="json")


def parameters(video: Video, name: str) -> Any:
    return StageRun.objects.get(run__video=video, name=name, shard=0).parameters


class TestVocabulary:
    def test_reaches_the_stage_with_that_of_the_workspace(self, api: APIClient) -> None:
        workspace = factories.default_workspace()
        Workspace.objects.filter(id=workspace.id).update(
            vocabulary=["Northpier", "Ada"], glossary={"nor pier": "Northpier"}
        )
        video = factories.make_video()

        assert patched(api, video, vocabulary=["Kowalczyk", "Ada"]).status_code == 200
        video = Video.objects.get(id=video.id)
        pipeline.start(video=video)

        told = parameters(video, "transcribe")
        assert told["vocabulary"] == ["Kowalczyk", "Ada", "Northpier"]
        assert told["glossary"] == [["nor pier", "Northpier"]]

    def test_makes_speech_run_again_and_nothing_before_it(self, api: APIClient) -> None:
        video = factories.make_video()
        before = {one.name: one.step.fingerprint for one in plan_run(video=video)}
        video.vocabulary = ["Kowalczyk"]

        after = {one.name: one.step.fingerprint for one in plan_run(video=video)}

        changed = {name for name in before if before[name] != after[name]}
        assert "transcribe" in changed
        assert not changed & {"probe", "extract_audio", "detect_speech", "read_text"}

    def test_comes_with_the_video_as_text_in_a_form(self, api: APIClient) -> None:
        sent = {
            "file": SimpleUploadedFile("a.mp4", b"video"),
            "vocabulary": "Ada Lovelace, Kowalczyk,",
            "audio_track": "1",
        }

        answer = api.post("/api/v1/videos", sent, format="multipart")

        assert answer.status_code == 202, answer.json()
        assert answer.json()["vocabulary"] == ["Ada Lovelace", "Kowalczyk"]
        assert answer.json()["audio_track"] == 1

    @pytest.mark.parametrize(
        "words",
        [
            ["<|endoftext|>"],
            ["a\nb"],
            ["a\x00b"],
            ["a\u202eb"],
            [""],
            [7],
            ["a, b"],
            ["x" * 61],
            ["x"] * 101,
            ["x" * 50] * 13,
            {"a": 1},
            None,
        ],
    )
    def test_refuses_what_the_model_would_stumble_over(self, api: APIClient, words: Any) -> None:
        answer = patched(api, factories.make_video(), vocabulary=words)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["vocabulary"]

    def test_may_be_persian(self, api: APIClient) -> None:
        """Its words are spelt with joiners, which show nothing."""
        words = ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"]

        answer = patched(api, factories.make_video(), vocabulary=words)

        assert answer.json()["vocabulary"] == words


class TestLanguage:
    def test_makes_what_listens_run_again_and_no_pictures(self, api: APIClient) -> None:
        video = factories.make_video()
        before = {one.name: one.step.fingerprint for one in plan_run(video=video)}

        answer = patched(api, video, language="de")

        assert (answer.status_code, answer.json()["language"]) == (200, "de")
        video = Video.objects.get(id=video.id)
        after = {one.name: one.step.fingerprint for one in plan_run(video=video)}
        changed = {name for name in before if before[name] != after[name]}
        assert {"extract_audio", "detect_speech", "transcribe"} <= changed
        assert not changed & {"probe", "sample_frames", "detect_shots", "read_text"}

    def test_is_detected_again_where_it_is_emptied(self, api: APIClient) -> None:
        video = factories.make_video(language="de")

        assert patched(api, video, language="").status_code == 200
        assert patched(api, video, language="German").status_code == 400
        pipeline.start(video=Video.objects.get(id=video.id))

        assert parameters(video, "detect_speech")["language"] is None


class TestAudioTrack:
    def test_is_one_that_the_file_has(self, api: APIClient) -> None:
        video = factories.make_video()
        assert patched(api, video, audio_track=7).status_code == 200  # nobody knows yet
        sound = {"codec": "aac", "channels": 2, "sample_rate_hz": 48000, "language": None}
        factories.make_media(video, audio_streams=[{"index": i, **sound} for i in (1, 2)])

        refused = patched(api, video, audio_track=7)

        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_audio_track")
        assert "it has: 1, 2." in refused.json()["detail"]
        assert patched(api, video, audio_track=2).status_code == 200
        assert patched(api, video, audio_track=None).status_code == 200


class TestGlossary:
    @pytest.mark.parametrize(
        "glossary", [["a"], {"": "x"}, {"x": ""}, {"x": 1}, {"x": "a\nb"}, {"x": "y" * 101}]
    )
    def test_refuses_what_is_none(self, glossary: Any) -> None:
        workspace = factories.make_workspace()
        workspace.glossary = glossary

        with pytest.raises(ValidationError) as caught:
            workspace.full_clean()

        assert list(caught.value.message_dict) == ["glossary"]

    def test_takes_texts(self) -> None:
        workspace = factories.make_workspace(glossary={"nor pier": "Northpier"})

        workspace.full_clean()
