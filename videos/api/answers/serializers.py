"""A question and its answer."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from videos.api.fields import TextField
from videos.models import LlmAnswer, Passage

_WHY = {
    "no_evidence": "Nothing that is said or shown in the video has to do with the question.",
    "not_answered": "What is said and shown in the video does not answer the question.",
    "unsupported": "The model's answer does not rest on what is said and shown: it is withheld.",
}


class QuestionInput(serializers.Serializer[Any]):
    question = TextField(max_length=500, help_text="In the language that the video speaks.")


class CitationSerializer(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField()
    end_ms = serializers.IntegerField()
    text = serializers.CharField()
    kind = serializers.ChoiceField(Passage.Kind.choices)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why there is no answer."""

    code = serializers.ChoiceField(list(_WHY))
    message = serializers.CharField()


_EXAMPLE = {
    "answer": "They leave the harbour at dawn.",
    "citations": [
        {"start_ms": 5100, "end_ms": 6900, "text": "Ships leave the harbour.", "kind": "cue"},
        {"start_ms": 7000, "end_ms": 8200, "text": "They do so at dawn.", "kind": "cue"},
    ],
    "quoted": False,
    "refused": False,
    "reason": None,
    "model": "qwen3-8b",
    "prompt_version": 3,
    "cached": False,
}
_REFUSED = _EXAMPLE | {
    "answer": "",
    "citations": [],
    "refused": True,
    "reason": {"code": "no_evidence", "message": _WHY["no_evidence"]},
}


@extend_schema_serializer(
    examples=[OpenApiExample("Answered", _EXAMPLE), OpenApiExample("Refused", _REFUSED)]
)
class AnswerSerializer(serializers.ModelSerializer[LlmAnswer]):
    answer = serializers.CharField(
        help_text="Plain text, not to be shown as markup; empty where it is refused."
    )
    quoted = serializers.BooleanField(
        help_text="Whether the answer is the cited moment itself: the model's words did not hold."
    )
    citations = CitationSerializer(many=True, help_text="What it rests on, in order of time.")
    refused = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    cached = serializers.SerializerMethodField(
        help_text="Whether the model was asked before, with the same evidence."
    )

    class Meta:
        model = LlmAnswer
        fields = [
            "answer",
            "citations",
            "quoted",
            "refused",
            "reason",
            "model",
            "prompt_version",
            "cached",
        ]
        read_only_fields = fields

    def get_refused(self, answer: LlmAnswer) -> bool:
        return bool(answer.refusal)

    @extend_schema_field(RefusalSerializer(allow_null=True))
    def get_reason(self, answer: LlmAnswer) -> dict[str, str] | None:
        code = answer.refusal
        return {"code": code, "message": _WHY[code]} if code else None

    def get_cached(self, answer: LlmAnswer) -> bool:
        return bool(self.context.get("cached"))
