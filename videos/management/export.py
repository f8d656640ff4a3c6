"""All that is known of a video as one JSON object, each part shaped as its endpoint answers."""

import json
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

from pipeline.database import one_moment
from videos.api.duplicates.documents import duplicates
from videos.api.findings import documents
from videos.api.meaning import documents as meaning
from videos.api.videos.serializers import VideoSerializer
from videos.models import Video
from videos.selectors import video_get


@one_moment()
def export(video: Video) -> dict[str, Any]:
    """Return the video as it is now, all that was found in it and the timeline.

    Addresses are relative. Raises `Video.DoesNotExist`.
    """
    video = video_get(workspace=video.workspace, video_id=video.id)
    return {
        "video": VideoSerializer(video).data,
        "transcript": documents.transcript(video),
        "shots": documents.shots(video),
        "texts": documents.texts(video),
        "objects": documents.objects(video),
        "faces": documents.faces(video),
        "nudity": documents.nudity(video),
        "sounds": documents.sounds(video),
        "summary": meaning.summary(video),
        "chapters": meaning.chapters(video),
        "keywords": meaning.keywords(video),
        "speakers": documents.speakers(video),
        "entities": meaning.entities(video),
        "duplicates": duplicates(video),
        "timeline": documents.timeline(video),
    }


def as_json(data: object) -> str:
    """Return data of serializers as JSON that people can read."""
    return json.dumps(data, cls=JSONEncoder, indent=2, ensure_ascii=False)
