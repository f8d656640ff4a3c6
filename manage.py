#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    # Messages say `python manage.py …`: in a fresh terminal that is another Python.
    sys.exit("This Python has no Django: run `make install`, then `. .venv/bin/activate`.")

from videointel.postgres.instance import ServerError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except (ImproperlyConfigured, ServerError) as error:
        sys.exit(str(error))
    except BrokenPipeError:  # who reads has seen enough: videos list | head
        # What is still to be written goes nowhere, or the interpreter complains as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit("\nStopped. What has begun goes on when a worker runs: make run.")
