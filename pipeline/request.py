"""What the process that computes is told of a claimed stage."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from pipeline import registry, store
from pipeline.contract import Limits, Stage
from pipeline.device import device_of
from pipeline.messages import Request
from pipeline.services import Lease
from videos.selectors import bytes_left, llm_server, llm_tokens_left


def request_for(stage: Stage, lease: Lease, workdir: Path) -> Request:
    """Return the request to run the claimed stage; its files go to `workdir`."""
    return Request(
        stage=f"{type(stage).__module__}.{type(stage).__qualname__}",
        parameters=lease.parameters,
        source=str(store.source_path(lease.video_id)),
        source_url=lease.source_url,
        workdir=str(workdir),
        partial=str(store.partial_dir(lease.video_id)),
        models_dir=str(settings.MODELS_DIR),
        threads=settings.PIPELINE_THREADS,
        device=device_of(stage),
        limits=_limits(stage, lease),
        llm=llm_server() if stage.asks_llm else None,
        cpu_s=int(deadline_s(stage, lease) * settings.PIPELINE_THREADS) + 60,
        upstream=_upstream(lease.upstream),
        shard=lease.shard,
        parts=tuple(str(store.absolute(artefact)) for artefact in lease.parts),
    )


def _limits(stage: Stage, lease: Lease) -> Limits:
    return Limits(
        llm_tokens=llm_tokens_left(video_id=lease.video_id) if stage.asks_llm else 0,
        quota_bytes=bytes_left(video_id=lease.video_id) if lease.source_url else None,
        min_free_bytes=settings.MIN_FREE_BYTES,
        duration_ms=settings.MEDIA_MAX_DURATION_S * 1000,
        pixels=settings.MEDIA_MAX_PIXELS,
        streams=settings.MEDIA_MAX_STREAMS,
        frame_rate=settings.MEDIA_MAX_FRAME_RATE,
    )


def _upstream(artefacts: Mapping[str, str]) -> dict[str, str]:
    return {
        registry.stage_type(name).produces.__name__: str(store.absolute(artefact))
        for name, artefact in artefacts.items()
    }


def deadline_s(stage: Stage, lease: Lease) -> float:
    """Return how long the stage may take."""
    scaled = stage.deadline_base_s + stage.deadline_per_media_s * lease.duration_ms / 1000
    return min(scaled, settings.PIPELINE_LONGEST_STAGE_S)
