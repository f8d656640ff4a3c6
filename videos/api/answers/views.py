"""Asking about a video."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from videos import services
from videos.api.answers.serializers import AnswerSerializer, QuestionInput
from videos.api.base import ApiView
from videos.api.schema import problems


class AskView(ApiView):
    @extend_schema(
        operation_id="ask_video",
        summary="Ask about a video",
        request=QuestionInput,
        responses={200: AnswerSerializer, **problems(409, 429, 502, 503)},
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """A language model answers from what is said and shown in the video, and cites it.

        It refuses where that does not answer the question. Off (409 `llm_off`) until whoever runs
        the server names a model; the evidence is sent to that.
        """
        video = self.video(video_id)
        question = self.checked(QuestionInput, request.data)["question"]
        answer, cached = services.question_ask(video=video, question=question)
        return Response(AnswerSerializer(answer, context={"cached": cached}).data)
