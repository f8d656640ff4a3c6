"""The server's own settings with one stage that sleeps or computes: the machinery without media."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports

PIPELINE_STAGES = {"bench.stages.Work": {}}
PIPELINE_PROFILES = {"standard": {"work": {}}}
