"""The sound, decoded once for every stage that listens."""

from dataclasses import dataclass

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable, StageError
from pipeline.results import Audio, Media

_FILE = "audio.npy"
_SAMPLES_PER_MS = 16


@dataclass(frozen=True)
class ExtractAudio(Stage):
    """Decode the first audio stream to mono 16 kHz, aligned to the timeline."""

    name, version = "extract_audio", 2
    queue = "io"
    produces, needs = Audio, (Media,)
    weight = 1.0
    preload = ("pipeline.media.audio", "av")

    track: int | None = None
    """Index of the stream to decode; None: the first."""

    def run(self, ctx: Context) -> Audio:
        from pipeline.media import audio

        media = ctx.get(Media)
        if not media.audio:
            raise NotApplicable("no_audio", "The video has no audio track.")
        index = media.audio[0].index if self.track is None else self.track
        if index not in [stream.index for stream in media.audio]:
            known = ", ".join(str(stream.index) for stream in media.audio)
            raise StageError(
                "unknown_audio_track",
                f"The video has no audio track {index}; it has: {known}. Choose one of them, or "
                "none, then retry.",
            )
        samples = audio.extract(
            ctx.video.source,
            ctx.workdir / _FILE,
            stream_index=index,
            start_ms=media.start_ms,
            duration_ms=media.duration_ms,
            limits=ctx.limits,
            report=ctx.report,
        )
        if not samples:
            raise NotApplicable("no_audio", "The video's audio track holds no sound.")
        return Audio(_FILE, samples // _SAMPLES_PER_MS, index)
