"""The command `models`, as it answers."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


def run(*words: str) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("models", *words, stdout=out)
    return out.getvalue().partition("For videos that")[0]


def refusal(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*words)
    return str(caught.value)
