"""Who speaks: what is told, what is renamed, and what a later run keeps."""

import time
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from pipeline.models import StageRun
from pipeline.results import Speakers, SpeakerTurn
from pipeline.writers import erase, write
from tests import factories
from tests.api.reading import queries_of, url
from videos.models import Cue, Speaker, Transcript, Video
from videos.selectors.speakers import speakers_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage_run() -> StageRun:
    video = factories.make_video(status=Video.Status.COMPLETED)
    return factories.make_stage_run(
        factories.make_run(video), "split_speakers", model="campplus", status="SUCCEEDED"
    )


@pytest.fixture
def video(stage_run: StageRun) -> Video:
    """S1 speaks in 1–3 s and 6–7 s, S2, who is called Ada, in 3–5 s; three cues."""
    video = stage_run.run.video
    factories.make_turn(video, stage_run)
    factories.make_turn(video, stage_run, "S2", "Ada", start_ms=3000, end_ms=5000)
    factories.make_turn(video, stage_run, start_ms=6000, end_ms=7000)
    speech = factories.make_stage_run(stage_run.run, "transcribe", status="SUCCEEDED")
    Transcript.objects.create(video=video, stage_run=speech, language="en")
    for start_ms, end_ms, text in (
        (1000, 2900, "Ships leave."),
        (2800, 5000, "Do they?"),
        (8000, 9000, "Who knows?"),
    ):
        factories.make_cue(video, speech, start_ms=start_ms, end_ms=end_ms, text=text, words=[])
    return video


def found(stage_run: StageRun, *told: tuple[int, int, int]) -> None:
    """Write what a run of the stage found: speaker, start, end."""
    turns = tuple(SpeakerTurn(speaker, start, end, 0.8) for speaker, start, end in told)
    write(stage_run, Speakers(turns, "campplus"))


def spoken(api: APIClient, video: Video) -> list[tuple[str, str, int]]:
    turns = api.get(url(video, "speakers")).json()["turns"]
    return [(turn["speaker"], turn["name"], turn["start_ms"]) for turn in turns]


class TestSpeakers:
    def test_are_told_with_names_and_times(self, api: APIClient, video: Video) -> None:
        answer = api.get(url(video, "speakers")).json()

        assert answer["speakers"] == [
            {"label": "S1", "name": "", "speech_ms": 3000},
            {"label": "S2", "name": "Ada", "speech_ms": 2000},
        ]
        assert spoken(api, video) == [("S1", "", 1000), ("S2", "Ada", 3000), ("S1", "", 6000)]
        assert answer["turns"][0]["source"]["model"] == "campplus"

    def test_are_all_told_whatever_the_span(self, api: APIClient, video: Video) -> None:
        answer = api.get(url(video, "speakers"), {"from_ms": 5500}).json()

        assert len(answer["speakers"]) == 2
        assert [turn["start_ms"] for turn in answer["turns"]] == [6000]

    def test_come_in_the_order_of_their_numbers(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        factories.make_turn(video, stage_run, "S10", start_ms=9000, end_ms=9500)

        speakers = api.get(url(video, "speakers")).json()["speakers"]

        assert [speaker["label"] for speaker in speakers] == ["S1", "S2", "S10"]

    def test_many_turns_cost_the_same_queries_as_few(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        pages = [url(video, name) for name in ("speakers", "transcript", "timeline")]
        few = [queries_of(api, page) for page in pages]
        for number in range(3, 12):
            factories.make_turn(
                video,
                stage_run,
                f"S{number}",
                start_ms=900 * number + 9000,
                end_ms=900 * number + 9500,
            )

        assert [queries_of(api, page) for page in pages] == few


class TestCues:
    def test_say_who_speaks_for_the_most_of_them(self, api: APIClient, video: Video) -> None:
        cues = api.get(url(video, "transcript")).json()["cues"]

        assert [cue["speaker"] for cue in cues] == ["S1", "S2", None]

    def test_are_captioned_with_names(self, api: APIClient, video: Video) -> None:
        vtt = api.get(url(video, "transcript.vtt")).content.decode()

        assert "<v S1>Ships leave." in vtt
        assert "<v Ada>Do they?" in vtt

    def test_of_one_speaker_alone_are_captioned_without(self, api: APIClient, video: Video) -> None:
        Speaker.objects.filter(label="S2").delete()

        assert "<v" not in api.get(url(video, "transcript.vtt")).content.decode()

    def test_over_all_the_video_take_no_longer(self, video: Video, stage_run: StageRun) -> None:
        found(stage_run, *((n % 2, n * 10, n * 10 + 9) for n in range(2000)))
        cues = [Cue(id=uuid4(), start_ms=0, end_ms=20_000) for _ in range(200)]
        begun = time.process_time()

        said = speakers_of(video=video, cues=cues)

        assert time.process_time() - begun < 1
        assert len(said) == 200


class TestRename:
    def test_names_a_speaker_everywhere(self, api: APIClient, video: Video) -> None:
        answer = api.patch(url(video, "speakers/S1"), {"name": " Grace <b>Hopper "}, format="json")

        assert answer.json() == {"label": "S1", "name": "Grace <b>Hopper", "speech_ms": 3000}
        assert spoken(api, video)[0] == ("S1", "Grace <b>Hopper", 1000)
        vtt = api.get(url(video, "transcript.vtt")).content.decode()
        assert "<v Grace &lt;b&gt;Hopper>Ships leave." in vtt

    def test_takes_a_name_back(self, api: APIClient, video: Video) -> None:
        assert (
            api.patch(url(video, "speakers/S2"), {"name": ""}, format="json").json()["name"] == ""
        )

    def test_keeps_a_name_that_is_left_out(self, api: APIClient, video: Video) -> None:
        assert api.patch(url(video, "speakers/S2"), {}, format="json").json()["name"] == "Ada"

    def test_refuses_a_misspelt_field(self, api: APIClient, video: Video) -> None:
        answer = api.patch(url(video, "speakers/S2"), {"nmae": "Bob"}, format="json")

        assert list(answer.json()["errors"]) == ["nmae"]

    @pytest.mark.parametrize("name", ["x" * 101, "a\0b", None, ["Ada"]])
    def test_refuses_what_is_no_name(self, api: APIClient, video: Video, name: object) -> None:
        answer = api.patch(url(video, "speakers/S1"), {"name": name}, format="json")

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["name"]

    @pytest.mark.parametrize(
        "char", ["\n", "\r", "\t", "\x85", "\u2028", "\u202e", "\u2066", "\u200b"]
    )
    def test_refuses_what_would_change_the_lines_of_subtitles(
        self, api: APIClient, video: Video, char: str
    ) -> None:
        answer = api.patch(url(video, "speakers/S1"), {"name": f"A{char}da"}, format="json")

        assert answer.status_code == 400
        (said,) = answer.json()["errors"]["name"]
        assert said.startswith("It holds a line break, or a character that shows nothing")

    @pytest.mark.parametrize(
        "name",
        ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u5c71\u7530\u3000\u592a\u90ce", "Zoë"],
    )
    def test_takes_names_as_languages_spell_them(
        self, api: APIClient, video: Video, name: str
    ) -> None:
        answer = api.patch(url(video, "speakers/S1"), {"name": name}, format="json")

        assert answer.json()["name"] == name

    @pytest.mark.parametrize("label", ["S3", "s1", "S1%00", "S1/"])
    def test_of_nobody_is_not_found(self, api: APIClient, video: Video, label: str) -> None:
        answer = api.patch(url(video, f"speakers/{label}"), {"name": "Ada"}, format="json")

        assert answer.status_code == 404

    def test_of_nobody_tells_who_there_is(self, api: APIClient, video: Video) -> None:
        answer = api.patch(url(video, "speakers/S3"), {"name": "Ada"}, format="json")

        assert answer.json()["detail"] == "The video has no speaker S3: it has S1, S2."

    def test_in_another_workspace_is_not_found(self, api: APIClient, video: Video) -> None:
        Video.objects.update(workspace=factories.make_workspace())

        answer = api.patch(url(video, "speakers/S2"), {"name": "Eve"}, format="json")

        assert answer.status_code == 404
        assert Speaker.objects.get(label="S2").name == "Ada"

    def test_is_a_command_too(
        self, api: APIClient, video: Video, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("videos", "speaker", str(video.id), "S1", "Grace")

        assert capsys.readouterr().out == "S1 Grace\n"
        assert spoken(api, video)[0] == ("S1", "Grace", 1000)
        with pytest.raises(CommandError, match="it has S1, S2"):
            call_command("videos", "speaker", str(video.id), "S7", "Grace")


class TestAnotherRun:
    def test_keeps_labels_and_names(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        found(stage_run, (1, 500, 900), (2, 1100, 3100), (3, 3100, 5000))

        assert spoken(api, video) == [("S3", "", 500), ("S1", "", 1100), ("S2", "Ada", 3100)]

    def test_forgets_who_is_heard_no_more(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        found(stage_run, (1, 1000, 2900))

        assert spoken(api, video) == [("S1", "", 1000)]
        assert list(Speaker.objects.values_list("label", flat=True)) == ["S1"]

    def test_that_finds_nobody_leaves_nobody(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        erase(stage_run)

        assert api.get(url(video, "speakers")).json() == {"speakers": [], "turns": []}

    def test_after_one_that_found_nobody_goes_by_number(
        self, api: APIClient, video: Video, stage_run: StageRun
    ) -> None:
        erase(stage_run)

        found(stage_run, (1, 1000, 2900), (2, 3000, 5000))

        assert spoken(api, video) == [("S1", "", 1000), ("S2", "Ada", 3000)]
