"""The transcript as a file: WebVTT, SRT, text."""

import pytest
from rest_framework.test import APIClient

from pipeline.models import StageRun
from tests import factories
from tests.api.reading import queries_of, url
from videos.models import Video

pytestmark = pytest.mark.django_db


class TestTranscriptFiles:
    def test_vtt_is_escaped(self, api: APIClient, analysed: Video) -> None:
        response = api.get(url(analysed, "transcript.vtt"), headers={"Accept": "text/vtt"})

        assert response["Content-Type"] == "text/vtt; charset=utf-8"
        assert response.content.decode().startswith("WEBVTT\n\n")
        assert "00:00:06.000 --> 00:00:07.000\nTwo &lt;i&gt;&amp;\nthree." in (
            response.content.decode()
        )

    def test_srt_and_text(self, api: APIClient, analysed: Video) -> None:
        srt = api.get(url(analysed, "transcript.srt"))
        text = api.get(url(analysed, "transcript.txt"))

        assert "00:00:01,000 --> 00:00:03,000\nShips leave the harbour." in srt.content.decode()
        assert text["Content-Type"] == "text/plain; charset=utf-8"
        assert text.content.decode().splitlines()[0] == "Ships leave the harbour."

    def test_are_named_after_the_video_and_tell_their_language(
        self, api: APIClient, analysed: Video
    ) -> None:
        Video.objects.update(title='Häfen "at"\r\nX-Evil: 1/dawn')

        srt = api.get(url(analysed, "transcript.srt"))

        assert srt["Content-Language"] == "en"
        disposition = srt["Content-Disposition"]
        assert disposition == (
            "inline; filename*=utf-8''H%C3%A4fen%20%22at%22X-Evil%3A%201-dawn.en.srt"
        )
        assert "\n" not in disposition and "X-Evil" not in srt.headers

    def test_leave_flagged_cues_out_where_asked_to(self, api: APIClient, analysed: Video) -> None:
        speech = StageRun.objects.get(name="transcribe")
        factories.make_cue(
            analysed, speech, start_ms=8000, end_ms=9000, text="La.", flags=["music"]
        )

        kept = api.get(url(analysed, "transcript.vtt")).content.decode()
        omitted = api.get(url(analysed, "transcript.vtt"), {"flagged": "omit"}).content.decode()

        assert "La." in kept
        assert "La." not in omitted and "three." in omitted
        assert api.get(url(analysed, "transcript.vtt"), {"flagged": "x"}).status_code == 400

    def test_end_at_the_cut_at_which_speech_ends(self, api: APIClient, analysed: Video) -> None:
        analysed.shot_set.filter(index=1).update(transition="cut", start_ms=2900)

        vtt = api.get(url(analysed, "transcript.vtt")).content.decode()

        assert "00:00:01.000 --> 00:00:02.820\nShips" in vtt

    @pytest.mark.parametrize("name", ["timeline", "transcript", "transcript.vtt"])
    def test_many_cues_cost_the_same_queries_as_few(
        self, api: APIClient, analysed: Video, name: str
    ) -> None:
        few = queries_of(api, url(analysed, name))
        for start_ms in range(10):
            factories.make_cue(analysed, StageRun.objects.get(name="transcribe"), start_ms=start_ms)

        assert queries_of(api, url(analysed, name)) == few
