"""Reading who spoke when, and naming who it was."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from videos import selectors, services
from videos.api.base import ApiView, described
from videos.api.findings import documents
from videos.api.findings.views import FindingsView
from videos.api.speakers.serializers import SpeakerChanges, SpeakerSerializer, SpeakersSerializer
from videos.models import Speaker


@described("list_speakers", "List speakers and their turns", SpeakersSerializer)
class SpeakersView(FindingsView):
    """Who spoke when. The voices are told apart, not known: whose they are, people say."""

    document = staticmethod(documents.speakers)


class SpeakerView(ApiView, GenericAPIView[Speaker]):
    """One speaker."""

    serializer_class = SpeakerSerializer

    @extend_schema(operation_id="rename_speaker", summary="Name a speaker", request=SpeakerChanges)
    def patch(self, request: Request, video_id: UUID, label: str) -> Response:
        """Names a speaker, for good: a later run that finds the voice again keeps the name."""
        changes = self.checked(SpeakerChanges, request.data)
        video = self.video(video_id)
        try:
            speaker = selectors.speaker_get(video=video, label=label)
        except Speaker.DoesNotExist:
            known = [speaker.label for speaker in selectors.speaker_list(video=video)]
            raise NotFound(
                f"The video has no speaker {label}: it has {', '.join(known) or 'nobody'}."
            ) from None
        if "name" in changes:
            services.speaker_rename(speaker=speaker, name=changes["name"])
        return Response(self.get_serializer(speaker).data)
