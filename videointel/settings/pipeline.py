"""Stages, profiles, queues and workers."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .api import MAX_UPLOAD_BYTES
from .env import VAR_DIR, env
from .llm import LLM_CALL_TOKENS, LLM_MODEL, LLM_VIDEO_TOKENS
from .machine import machine as _look_around

MODELS_DIR = Path(env.str("MODELS_DIR", default=str(VAR_DIR / "models"))).resolve()
# Models of the operator's own, beside those of the catalogue.
_own_models = env.str("MODELS_FILE", default="")
MODELS_FILE = Path(_own_models).resolve() if _own_models else None

# Whom the server goes out to for videos: hosts of the public internet at these ports, and what is
# allowed besides, at any port: host names, addresses, networks.
FETCH_ALLOW: list[str] = [entry.lower() for entry in env.list("FETCH_ALLOW", default=[])]
FETCH_PORTS: list[int] = env.list("FETCH_PORTS", cast=int, default=[80, 443, 8080, 8443])

# The stages this server has, in the order they are shown, with the parameters that differ from
# their defaults. The order of work follows from what each needs and produces.
PIPELINE_STAGES: dict[str, dict[str, Any]] = {
    "pipeline.stages.fetch.Fetch": {
        "max_bytes": MAX_UPLOAD_BYTES,
        "allow": tuple(FETCH_ALLOW),
        "ports": tuple(FETCH_PORTS),
    },
    "pipeline.stages.probe.Probe": {},
    "pipeline.stages.sample_frames.SampleFrames": {},
    "pipeline.stages.detect_shots.DetectShots": {},
    "pipeline.stages.sign_shots.SignShots": {},
    "pipeline.stages.extract_audio.ExtractAudio": {},
    "pipeline.stages.detect_speech.DetectSpeech": {},
    "pipeline.stages.transcribe.Transcribe": {},
    "pipeline.stages.hear_events.HearEvents": {},
    "pipeline.stages.read_subtitles.ReadSubtitles": {},
    "pipeline.stages.split_speakers.SplitSpeakers": {},
    "pipeline.stages.read_text.ReadText": {},
    "pipeline.stages.find_objects.FindObjects": {},
    "pipeline.stages.find_faces.FindFaces": {},
    "pipeline.stages.screen_nudity.ScreenNudity": {},
    "pipeline.stages.find_keywords.FindKeywords": {},
    "pipeline.stages.find_entities.FindEntities": {},
    "pipeline.stages.split_chapters.SplitChapters": {},
    "pipeline.stages.summarise.Summarise": {},
    "pipeline.stages.embed_passages.EmbedPassages": {},
    "pipeline.stages.write_abstract.WriteAbstract": {
        "model": LLM_MODEL,
        "call_tokens": LLM_CALL_TOKENS,
        "video_tokens": LLM_VIDEO_TOKENS,
    },
    "pipeline.stages.make_proxy.MakeProxy": {},
    "pipeline.stages.redact.Redact": {},
}

# Parameters of stages that are an operator's to choose, by the stage's name; what a profile below
# changes goes before them.
PIPELINE_PARAMETERS: dict[str, dict[str, Any]] = env.json("PIPELINE_PARAMETERS", default={})

_FAST = [
    *("probe", "sample_frames", "detect_shots", "sign_shots"),
    *("extract_audio", "detect_speech", "transcribe", "embed_passages"),
]
_STANDARD = [
    *(*_FAST, "hear_events", "read_text", "screen_nudity"),
    *("find_keywords", "find_entities", "split_chapters", "summarise"),
]
# Where a language model is switched on.
_TOLD = ["write_abstract"] if LLM_MODEL else []
# What each profile runs, and the parameters it changes. `proxy` is what `GET …/media` asks for,
# `redacted` what `POST …/renditions` does; `imported` has what takes the place of `transcribe` where
# a transcript was imported, `fetch` what goes before the video's own profile where its bytes are
# still elsewhere.
PIPELINE_PROFILES: dict[str, dict[str, dict[str, Any]]] = {
    "fast": {name: {} for name in _FAST} | {"transcribe": {"english_model": "whisper-tiny.en"}},
    "standard": {name: {} for name in _STANDARD},
    "full": {
        name: {} for name in [*_STANDARD, "split_speakers", "find_objects", "find_faces", *_TOLD]
    },
    "proxy": {"probe": {}, "make_proxy": {}},
    "redacted": {"probe": {}, "redact": {}},
    "imported": {"probe": {}, "read_subtitles": {}},
    "fetch": {"fetch": {}},
}

# Each queue is a django-q2 cluster of its own name. A stage whose queue is not listed goes to cpu.
# Light stages, seconds long and without a model, go to io, and what waits for other servers to net:
# no new video waits behind hours of work.
PIPELINE_QUEUES: list[str] = env.list("PIPELINE_QUEUES", default=["cpu", "io", "net"])
PIPELINE_STAGE_QUEUES: dict[str, str] = env.dict("PIPELINE_STAGE_QUEUES", default={})
PIPELINE_IO_WORKERS = env.int("PIPELINE_IO_WORKERS", default=2)
PIPELINE_NET_WORKERS = env.int("PIPELINE_NET_WORKERS", default=4)
_machine = _look_around()
PIPELINE_WORKERS = env.int("PIPELINE_WORKERS", default=_machine.workers())
PIPELINE_THREADS = env.int("PIPELINE_THREADS", default=_machine.threads(PIPELINE_WORKERS))
# What models compute on. On a GPU results differ in the last digits, so it counts in no fingerprint.
PIPELINE_DEVICE = env.str("PIPELINE_DEVICE", default="cpu")
if PIPELINE_DEVICE not in ("auto", "cpu", "cuda"):
    raise ImproperlyConfigured(f"PIPELINE_DEVICE takes auto, cpu, cuda, not {PIPELINE_DEVICE!r}.")
PIPELINE_LEASE_S = env.int("PIPELINE_LEASE_S", default=30)
PIPELINE_MAX_ATTEMPTS = env.int("PIPELINE_MAX_ATTEMPTS", default=3)
# A worker that vanishes tells of the machine, not of the file: a bad night fails nobody's video.
PIPELINE_MAX_LOSSES = env.int("PIPELINE_MAX_LOSSES", default=20)
# Address space of one stage's process: native code that runs away is stopped, not the machine.
PIPELINE_CHILD_MEMORY_MB = env.int(
    "PIPELINE_CHILD_MEMORY_MB", default=_machine.child_memory_mb(PIPELINE_WORKERS)
)

# No file that a stage writes grows larger: 12 hours at 60 pictures a second take 10 GB.
PIPELINE_CHILD_FILE_MB = env.int("PIPELINE_CHILD_FILE_MB", default=20_480)
# What a file may hold at most; larger claims are refused before they cost anything.
MEDIA_MAX_DURATION_S = env.int("MEDIA_MAX_DURATION_S", default=12 * 3600)
MEDIA_MAX_PIXELS = env.int("MEDIA_MAX_PIXELS", default=8192 * 8192)
MEDIA_MAX_STREAMS = env.int("MEDIA_MAX_STREAMS", default=100)
MEDIA_MAX_FRAME_RATE = env.int("MEDIA_MAX_FRAME_RATE", default=1000)

# No stage runs longer than this, whatever its own deadline says; django-q2 must outwait it.
PIPELINE_LONGEST_STAGE_S = 24 * 3600

# What carries the messages that wake workers. Redis joins no transaction, keeps no message that a
# dying worker took and knows no delay: what gets lost or is due later waits for the sweeper.
Q_BROKER = env.str("Q_BROKER", default="postgres")
_brokers: dict[str, dict[str, Any]] = {
    "postgres": {"broker_class": "pipeline.broker.PostgresBroker", "orm": "default"},
    "orm": {"orm": "default"},
    "redis": {"redis": env.str("REDIS_URL", default="")},
}
if Q_BROKER not in _brokers:
    raise ImproperlyConfigured(f"Q_BROKER takes {', '.join(_brokers)}, and not {Q_BROKER!r}.")
if not all(_brokers[Q_BROKER].values()):
    raise ImproperlyConfigured("Q_BROKER=redis takes REDIS_URL as well: the address of the server.")

Q_CLUSTER = {
    **_brokers[Q_BROKER],
    "name": "cpu",  # also signs the messages: the same on every machine
    "workers": PIPELINE_WORKERS,
    "timeout": PIPELINE_LONGEST_STAGE_S + 600,
    "retry": PIPELINE_LONGEST_STAGE_S + 1200,
    # Messages are hints and the rows are the truth: hold few, keep none, retry none.
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.1,  # the ORM broker alone polls
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "scheduler": False,
    "guard_cycle": 0.5,
    "label": "Queue",
    "ALT_CLUSTERS": {
        "io": {"workers": PIPELINE_IO_WORKERS},
        "net": {"workers": PIPELINE_NET_WORKERS},
        "gpu": {},
    },
}
