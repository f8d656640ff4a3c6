"""Media facts of the probe."""

from dataclasses import asdict

from pipeline.models import StageRun
from pipeline.results import Media as MediaResult
from videos.models import Media


def write_media(stage_run: StageRun, result: MediaResult) -> None:
    """Replace the video's media facts."""
    Media.objects.update_or_create(
        video_id=stage_run.run.video_id,
        defaults={
            "duration_ms": result.duration_ms,
            "container": result.container,
            "bit_rate": result.bit_rate,
            "start_ms": result.start_ms,
            "video_stream": asdict(result.video) if result.video else None,
            "subtitle_streams": [asdict(stream) for stream in result.subtitles],
            "audio_streams": [asdict(stream) for stream in result.audio],
        },
    )
