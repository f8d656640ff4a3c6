"""The server's own settings, with small stages that go wrong in every way we know."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports

_STAGES = {"open": "Open", "cut": "Cut", "listen": "Listen", "join": "Join"}
PIPELINE_STAGES = {f"tests.chaos.stages.{kind}": {} for kind in _STAGES.values()}
PIPELINE_PROFILES = {"standard": {name: {} for name in _STAGES}}
