"""Making a video playable."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import User
from django.db.models.functions import Now

from pipeline import registry
from pipeline.models import PipelineRun, StageRun
from videos.errors import VideosError
from videos.models import Rendition, Video
from videos.services.renditions import rendition_request

if TYPE_CHECKING:
    from videos.lifecycle import Reason

# What may have passed by the next time; every `worker_…` is of this kind too.
_PASSING = {"io_error", "disk_full", "storage_full", "deadline_exceeded", "model_missing"}
_PAUSE = timedelta(minutes=1)


class NotPlayable(VideosError):
    """There is nothing a browser could play, and nothing on the way."""

    code = "not_playable"


def proxy_request(*, video: Video, user: User | None = None) -> None:
    """See to it that a file for browsers is on its way; asking again starts nothing twice.

    What failed for a passing reason is begun again, a minute later at the soonest. Raises
    `NotPlayable` where none can be made, or not yet.
    """
    if not hasattr(video, "media"):
        if video.status in Video.OPEN:
            return  # the probe will tell
        raise NotPlayable("No browser can play this file. Get it with ?original=true.")
    runs = PipelineRun.objects.filter(video=video, rendition__kind=Rendition.Kind.PROXY)
    newest = runs.order_by("-created_at").first()
    if newest and newest.status == PipelineRun.Status.ACTIVE:
        return
    if newest and (stage := _what_ended_it(newest)):
        reason = cast("Reason", stage.reason)
        if _will_stay(stage, reason["code"]):
            raise NotPlayable("No playable copy can be made. Get the file with ?original=true.")
        if runs.filter(finished_at__gt=Now() - _PAUSE).exists():
            raise NotPlayable(
                f"Making a playable copy failed: {reason['message']} "
                "Ask again in a minute, or get the file with ?original=true."
            )
    rendition_request(video=video, kind=Rendition.Kind.PROXY, user=user)


def _what_ended_it(run: PipelineRun) -> StageRun | None:
    """Return the stage that gave no result, the first of them."""
    return run.stages.filter(reason__isnull=False).order_by("position").first()


def _will_stay(stage: StageRun, code: str) -> bool:
    """Tell whether the stage would end in the same way again."""
    known = stage.version == registry.stage_type(stage.name).version
    return known and code not in _PASSING and not code.startswith("worker_")
