"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from pipeline.processes import die_with_parent

# Set by `manage.py web`, whose process starts this one; other servers look after their own.
if parent := os.environ.get("WEB_PARENT"):
    die_with_parent(int(parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
application = get_wsgi_application()
