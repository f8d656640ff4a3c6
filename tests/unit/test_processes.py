"""How processes end, in words, and how long a failed stage waits."""

import os
import signal
import subprocess
import sys
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import processes
from pipeline.processes import Pulse, Watchdog, describe_exit, give_way
from pipeline.services.ends import backoff_s

ATTEMPTS = st.integers(min_value=1, max_value=200)


class TestDescribeExit:
    @pytest.mark.parametrize("code", [0, 1, 255])
    def test_tells_the_code(self, code: int) -> None:
        assert describe_exit(code) == f"exited with code {code}"

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU])
    def test_names_the_signal(self, number: signal.Signals) -> None:
        assert describe_exit(-number) == f"was killed by {number.name}"

    def test_names_a_real_time_signal(self) -> None:
        assert describe_exit(-(signal.SIGRTMIN + 1)) == "was killed by signal 35"

    def test_describes_a_process_that_was_killed(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        process.kill()

        assert describe_exit(process.wait()) == "was killed by SIGKILL"


class TestWatchdog:
    def test_tells_who_is_silent_for_many_looks_in_a_row(self) -> None:
        watchdog = Watchdog(Pulse(), looks=2)

        assert [watchdog.hangs() for _ in range(4)] == [False, False, True, True]

    def test_begins_anew_with_each_sign(self) -> None:
        pulse = Pulse()
        watchdog = Watchdog(pulse, looks=1)
        watchdog.hangs()

        pulse.beat()

        assert [watchdog.hangs() for _ in range(3)] == [False, False, True]

    def test_expects_nothing_of_who_owes_no_sign(self) -> None:
        watchdog = Watchdog(Pulse(), looks=1)

        assert [watchdog.hangs(owed=owed) for owed in (True, False, True, True)] == [
            *(False, False, False),
            True,
        ]

    def test_sees_the_sign_of_a_fork(self) -> None:
        pulse = Pulse()
        child = os.fork()
        if child == 0:
            pulse.beat()
            os._exit(0)
        os.waitpid(child, 0)

        assert pulse.count == 1


class TestBackoff:
    @given(attempt=ATTEMPTS)
    def test_stays_in_its_bounds(self, attempt: int) -> None:
        full_s = min(300.0, 2.0 * 2 ** (attempt - 1))

        assert full_s / 2 <= backoff_s(attempt) <= full_s

    @given(attempt=ATTEMPTS)
    def test_of_a_later_attempt_is_no_shorter(self, attempt: int) -> None:
        # Jitter halves at most, and the full wait doubles, until both reach the longest.
        if 2.0 * 2**attempt <= 300.0:
            assert backoff_s(attempt + 1) >= backoff_s(attempt)


class TestGiveWay:
    def test_is_nice_to_other_sessions_too(self) -> None:
        """Where the kernel shares among sessions first, a nice process alone changes nothing."""
        script = (
            "import os; from pathlib import Path; from pipeline.processes import give_way\n"
            "give_way(); group = Path('/proc/self/autogroup')\n"
            "print(os.nice(0), group.read_text() if os.access(group, os.W_OK) else 'nice 10')"
        )

        said = subprocess.run(
            [sys.executable, "-c", script],
            start_new_session=True,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

        assert said.split()[0] == str(min(os.nice(0) + 10, 19))  # the suite itself may be nice
        assert said.split()[-1] == "10"

    def test_waits_for_its_turn_where_the_kernel_lets_few_do_so(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = iter([BlockingIOError(), BlockingIOError(), None, AssertionError()])
        monkeypatch.setattr(os, "nice", lambda _: 0)
        monkeypatch.setattr(processes, "_TRY_AGAIN_S", 0)

        with patch("pathlib.Path.write_text", side_effect=answers) as written:
            give_way()

        assert written.call_count == 3
