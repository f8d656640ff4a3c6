"""The server's settings with speech alone, in shards half as long: the clip need not be an hour."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports

PIPELINE_STAGES = {
    "pipeline.stages.probe.Probe": {},
    "pipeline.stages.extract_audio.ExtractAudio": {},
    "pipeline.stages.detect_speech.DetectSpeech": {"chunks_per_shard": 4},
    "pipeline.stages.transcribe.Transcribe": {"model": "whisper-tiny.en", "batch_size": 4},
}
PIPELINE_PROFILES = {
    "standard": {name: {} for name in ("probe", "extract_audio", "detect_speech", "transcribe")}
}
