"""The server's settings with one stage, which waits, and one that does not: for workers that a test starts."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports

PIPELINE_STAGES = {"tests.execution.waiting.Wait": {}, "tests.execution.waiting.Glance": {}}
PIPELINE_PROFILES = {"standard": {"wait": {}}}
