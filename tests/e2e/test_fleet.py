"""Processes are started again, unless they never start."""

import pytest

from pipeline import fleet
from pipeline.fleet import Fleet, FleetError
from tests.patience import PATIENCE_S

_ENDS_AT_ONCE = {"one": ["--version"]}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_RESTART_PAUSE_S", 0)


class TestTend:
    def test_gives_up_what_never_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fleet, "_SOON_S", 3600)  # on a slow machine that takes a while

        with Fleet(_ENDS_AT_ONCE, quiet=True) as processes, pytest.raises(FleetError, match="one"):
            _tend(processes, deaths=10)

    def test_never_gives_up_what_has_run_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The machine may kill it as often as it likes."""
        monkeypatch.setattr(fleet, "_SOON_S", 0)

        with Fleet(_ENDS_AT_ONCE, quiet=True) as processes:
            _tend(processes, deaths=1)
            monkeypatch.setattr(fleet, "_SOON_S", 3600)
            _tend(processes, deaths=6)


def _tend(processes: Fleet, *, deaths: int) -> None:
    (process,) = processes._processes.values()
    for _ in range(deaths):
        process.wait(timeout=PATIENCE_S)
        processes.tend()
        (process,) = processes._processes.values()
