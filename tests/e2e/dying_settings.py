"""The server's own settings, and a way to have it die at the worst moment."""

from videointel.settings import *  # noqa: F403  a settings module is what it imports
from videointel.settings import MIDDLEWARE

MIDDLEWARE = ["tests.e2e.dying.before_the_answer", *MIDDLEWARE]
