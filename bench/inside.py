"""One measurement in a prepared environment: `python -m bench.inside MODULE FUNCTION`, JSON out."""

import json
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    module, function = sys.argv[1:]
    if module != "media":
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
    found = getattr(import_module(f"bench.{module}"), function)()
    print(json.dumps(found, default=vars))
