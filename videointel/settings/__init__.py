"""One settings module for every environment; what differs comes from environment variables.

`.env.example` lists them all. Required ones fail here, at start, with a plain sentence.
"""

from .api import *
from .django import *
from .llm import *
from .logging import *
from .pipeline import *
from .storage import *
