"""The sound, decoded once for every stage that listens."""

from dataclasses import dataclass

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable, StageError
from pipeline.results import SAMPLES_PER_MS, Audio, AudioStream, Media

_FILE = "audio.npy"
_VAD = "silero-vad-v6"
_LEAST_SPEECH = 16_000
"""Samples: a second of what was listened to."""


@dataclass(frozen=True)
class ExtractAudio(Stage):
    """Decode one audio track to mono 16 kHz, aligned to the timeline."""

    name, version = "extract_audio", 5
    queue = "io"
    forked = True
    produces, needs = Audio, (Media,)
    weight = 1.0
    preload = ("pipeline.media.audio", "av")

    track: int | None = None
    """Index of the stream to decode; None: the first with speech."""
    language: str | None = None
    """ISO 639-1 code of what is spoken: tracks tagged so go first."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_VAD,)

    def run(self, ctx: Context) -> Audio:
        from pipeline.media import audio

        media = ctx.get(Media)
        if not media.audio:
            raise NotApplicable("no_audio", "The video has no audio track.")
        index = self._chosen(ctx, media)
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
        return Audio(_FILE, samples // SAMPLES_PER_MS, index)

    def _chosen(self, ctx: Context, media: Media) -> int:
        """Return the index of the track that was asked for, or else seems best."""
        from pipeline.media import audio_tracks

        def speaks(stream: AudioStream) -> bool:
            from pipeline.engines import vad

            heard = audio_tracks.snatches(
                ctx.video.source,
                stream.index,
                start_ms=media.start_ms,
                duration_ms=media.duration_ms,
                limits=ctx.limits,
            )
            spans = vad.speech_spans(heard, lambda _: None)
            return sum(end - start for start, end in spans) >= _LEAST_SPEECH

        if self.track is None:
            return audio_tracks.first_with_speech(media.audio, self.language, speaks).index
        if self.track not in [stream.index for stream in media.audio]:
            known = ", ".join(str(stream.index) for stream in media.audio)
            raise StageError(
                "unknown_audio_track",
                f"The video has no audio track {self.track}; it has: {known}. Set audio_track "
                "to one of them, or to none, and retry once the analysis has ended.",
            )
        return self.track
