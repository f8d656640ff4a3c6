#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable
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
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        sys.exit(
            "The database lacks tables or columns of this version: run `python manage.py migrate`."
        )
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None):  # it answers, if with an error
            raise
        sys.exit(
            f"The database is not reached: {error}\n"
            "Start the server that DATABASE_URL names, or unset it to use the embedded one."
        )
    except BrokenPipeError:  # who reads has seen enough: videos list | head
        # What is still to be written goes nowhere, or the interpreter complains as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit("\nStopped. What has begun goes on when a worker runs: make run.")
