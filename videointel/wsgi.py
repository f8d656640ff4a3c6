"""The web server's entry point."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from pipeline.processes import die_with_parent

# Set by `manage.py web`, whose process starts this one; other servers look after their own.
if parent := os.environ.get("WEB_PARENT"):
    die_with_parent(int(parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
application = get_wsgi_application()

# What is loaded now stays for good. Without this a full garbage collection goes through all of it
# every few hundred requests, and every thread waits: a tenth of a second and more.
get_resolver().url_patterns  # noqa: B018  loads the views, which Django puts off
gc.collect()
gc.freeze()
# What requests make goes with its last reference, nearly all of it: to look for the rest after
# every 700 objects took a thirtieth of the processor time of accepting a video.
gc.set_threshold(20_000, 20, 50)

# Each answer of the database, each write and each hash of a chunk ends in a wait for whoever holds
# the interpreter, five milliseconds by default. With many uploads at once a shorter hold takes a
# tenth off the longest latencies, and costs nothing that could be measured.
sys.setswitchinterval(0.001)
