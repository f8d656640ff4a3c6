"""One settings module for every environment; what differs comes from environment variables.

`.env.example` lists them all. Required ones fail here, at start, with a plain sentence.
"""

from .django import *
from .api import *
from .pipeline import *
from .logging import *
