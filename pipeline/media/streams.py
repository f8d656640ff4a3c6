"""What a file's tracks of sound and subtitles say of themselves: their tags are a stranger's."""

import re

from av.audio.stream import AudioStream as AvAudioStream
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream as AvSubtitleStream

from pipeline.media.subtitles import TEXT_CODECS, codec_of
from pipeline.results import AudioStream, SubtitleStream

_LONGEST_TITLE = 100
_ASIDE = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.clean_effects
    | Disposition.karaoke
)
_NAMED_ASIDE = re.compile(r"comment|descri|effects|music only|m\s*&\s*e\b|karaoke", re.IGNORECASE)
"""What titles say where the disposition says nothing."""


def describe_subtitles(stream: AvSubtitleStream) -> SubtitleStream:
    """Return what a track of subtitles says of itself."""
    codec = codec_of(stream)
    return SubtitleStream(
        index=stream.index,
        codec=codec or "unknown",
        language=_language(stream),
        title=_title(stream),
        readable=codec in TEXT_CODECS,
    )


def describe_audio(stream: AvAudioStream) -> AudioStream:
    """Return what a track of sound says of itself."""
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        channels=stream.codec_context.channels,
        sample_rate_hz=stream.codec_context.sample_rate,
        language=_language(stream),
        title=_title(stream),
        default=bool(stream.disposition & Disposition.default),
        aside=bool(stream.disposition & _ASIDE) or bool(_NAMED_ASIDE.search(_title(stream) or "")),
    )


def _title(stream: AvAudioStream | AvSubtitleStream) -> str | None:
    title = "".join(filter(str.isprintable, stream.metadata.get("title", ""))).strip()
    return title[:_LONGEST_TITLE] or None


def _language(stream: AvAudioStream | AvSubtitleStream) -> str | None:
    language = stream.language or stream.metadata.get("language") or ""
    return language if re.fullmatch(r"[a-z]{2,3}", language) and language != "und" else None
