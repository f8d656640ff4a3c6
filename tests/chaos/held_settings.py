"""The server's own settings and stages, each of which can be held where it stands."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports
from videointel.settings import PIPELINE_STAGES as _STAGES

PIPELINE_STAGES = {
    f"tests.chaos.held.{path.rpartition('.')[2]}": parameters
    for path, parameters in _STAGES.items()
}
