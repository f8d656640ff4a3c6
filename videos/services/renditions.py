"""Files that are made of a video when somebody asks for them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from pipeline import services as pipeline
from pipeline.models import PipelineRun
from videos.models import Rendition, Video


@transaction.atomic
def rendition_request(
    *,
    video: Video,
    kind: Rendition.Kind,
    parameters: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> Rendition:
    """Return the rendition of these parameters, and see to it that it is there or on its way.

    `parameters`: what the request gives to the kind's stages, by stage, as JSON holds them. Asking
    again starts nothing twice; what failed is begun anew. Raises `Video.DoesNotExist` where the
    video was deleted meanwhile.
    """
    # One request at a time: who comes second finds what the first began.
    Video.objects.select_for_update(no_key=True).get(id=video.id)
    rendition, _ = Rendition.objects.get_or_create(
        video=video,
        kind=kind,
        digest=_digest(parameters or {}),
        defaults={"parameters": parameters or {}},
    )
    under_way = rendition.runs.filter(status=PipelineRun.Status.ACTIVE)
    if not rendition.path and not under_way.exists():
        pipeline.start(video=video, rendition=rendition, user=user)
    return rendition


def _digest(parameters: Mapping[str, Any]) -> str:
    if not parameters:
        return ""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
