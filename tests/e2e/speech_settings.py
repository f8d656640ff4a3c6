"""The server's settings with speech alone, and shards so short that seconds of it are split."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports

PIPELINE_STAGES = {
    "pipeline.stages.probe.Probe": {},
    "pipeline.stages.extract_audio.ExtractAudio": {},
    "pipeline.stages.detect_speech.DetectSpeech": {"chunks_per_shard": 1},
    "pipeline.stages.transcribe.Transcribe": {
        "model": "whisper-tiny.en",
        "beam_size": 1,
        "batch_size": 1,
    },
}
PIPELINE_PROFILES = {
    "standard": {name: {} for name in ("probe", "extract_audio", "detect_speech", "transcribe")}
}
PIPELINE_QUEUES = ["cpu"]
# As many as the process beside which the transcript is held.
PIPELINE_THREADS = 1
