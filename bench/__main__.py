"""Measures this checkout beside its peers and limits: `python -m bench`. Asserts nothing.

Everything runs on a throw-away server under the temporary folder, on loopback alone. Ratios
count: both sides of each were measured in the same run on the same machine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Figure
from tests import throwaway

_LONGEST_S = 580
_LONGEST_SEARCH_S = 7200
"""A million passages take half an hour."""
_WORKERS = (1, 2, 4)


def main() -> int:
    """Print a table and return 0, or 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    text = "measure the search alone, over N passages instead of 50,000"
    parser.add_argument("--search", type=int, metavar="N", help=text)
    text = "keep the passages in this folder, and measure those that are there"
    parser.add_argument("--search-dir", metavar="FOLDER", help=text)
    given = parser.parse_args()
    passages = given.search
    longest_s = _LONGEST_SEARCH_S if passages else _LONGEST_S
    figures: list[Figure] = []
    failed = False
    with TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder:
        measure = partial(_measure, folder, time.monotonic() + longest_s)
        searching = partial(
            measure,
            "search",
            "at_scale",
            SEARCH_PASSAGES=str(passages or 50_000),
            MODELS_DIR=_models_dir(),
            **({"VAR_DIR": str(Path(given.search_dir).resolve())} if given.search_dir else {}),
        )
        sections: list[Callable[[], list[dict[str, Any]]]] = [
            searching,
            *([] if passages else _others(measure)),
        ]
        for section in sections:
            try:
                found = [Figure(**one) for one in section()]
            except subprocess.SubprocessError as error:
                print(f"not measured: {error}", file=sys.stderr)
                failed = True
                continue
            for one in found:
                print(_row(one), flush=True)
            figures += found
        left = throwaway.left(folder)
    for process in left:
        print(f"still running: {process}", file=sys.stderr)
        process.kill()
    _print_table(figures)
    return int(failed or bool(left))


def _others(measure: Any) -> list[Callable[[], list[dict[str, Any]]]]:
    return [
        lambda: measure("media", "transcribe"),
        lambda: measure("media", "shots"),
        lambda: measure(
            "server",
            "whole_run",
            DJANGO_SETTINGS_MODULE="videointel.settings",
            MODELS_DIR=_models_dir(),
        ),
        lambda: _speech(measure),
        lambda: _pick_up(measure),
        lambda: measure("queue", "transitions"),
        lambda: _throughput(measure),
        lambda: measure(
            "accepting",
            "beside_the_peers",
            DJANGO_SETTINGS_MODULE="videointel.settings",
            PORT=str(throwaway.free_port()),
        ),
        lambda: measure("accepting", "while_busy", PORT=str(throwaway.free_port())),
        lambda: measure("uploads", "large", PORT=str(throwaway.free_port())),
    ]


def _measure(folder: str, until: float, module: str, function: str, **environment: str) -> Any:
    ended = subprocess.run(
        [sys.executable, "-m", "bench.inside", module, function],
        cwd=throwaway.ROOT,
        env=throwaway.environment(folder, settings="bench.settings") | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=max(1.0, until - time.monotonic()),
    )
    return json.loads(ended.stdout.splitlines()[-1])


def _models_dir() -> str:
    """Return where the checkout keeps what no wheel brings: the throw-away server has none."""
    var = Path(os.environ.get("VAR_DIR", throwaway.ROOT / "var"))
    return os.environ.get("MODELS_DIR", str(var / "models"))


def _speech(measure: Any) -> list[dict[str, Any]]:
    alone, shared = (
        measure(
            "server",
            "speech",
            DJANGO_SETTINGS_MODULE="bench.speech_settings",
            PIPELINE_WORKERS=str(workers),
            PIPELINE_THREADS="1",
        )
        for workers in (1, 2)
    )
    return [
        {
            "what": f"transcribe 11 minutes of speech in {shared['parts']} parts, 2 workers",
            "measured": f"{shared['took_s']:.1f} s",
            "against": f"1 worker {alone['took_s']:.1f} s",
            "ratio": shared["took_s"] / alone["took_s"],
            "aim": "≤ 0.6",
        }
    ]


def _pick_up(measure: Any) -> list[dict[str, Any]]:
    ours = measure("pickup", "ours", Q_BROKER="postgres")
    peers = {
        "django-q2's ORM broker": measure("pickup", "ours", Q_BROKER="orm"),
        "procrastinate": measure("pickup", "procrastinate"),
    }
    with suppress(ModuleNotFoundError):  # the package brings a server for Python 3.11 alone
        port = throwaway.free_port()
        with throwaway.start_redis(port) as redis:
            url = f"redis://127.0.0.1:{port}/0"
            peers["its Redis broker"] = measure("pickup", "ours", Q_BROKER="redis", REDIS_URL=url)
            redis.kill()
    return [
        {
            "what": f"pick-up by an idle worker, {name}",
            "measured": f"{ours[name]:.0f} ms",
            "against": f"{peer} {theirs[name]:.0f} ms",
            "ratio": ours[name] / theirs[name],
            "aim": "50 ms" if name == "p95" else "",
        }
        for peer, theirs in peers.items()
        for name in ("p50", "p95")
    ]


def _throughput(measure: Any) -> list[dict[str, Any]]:
    rates = {n: measure("queue", "throughput", PIPELINE_WORKERS=str(n))["rate"] for n in _WORKERS}
    return [
        {
            "what": f"sleeping stages of 1 s, {n} worker{'s' * (n > 1)}",
            "measured": f"{rate:.2f}/s",
            "against": f"{n} × one worker's {rates[1]:.2f}/s"
            if n > 1
            else "one worker, 1/s at most",
            "ratio": rate / (n * rates[1]) if n > 1 else rate,
            "aim": "≥ 0.9",
        }
        for n, rate in rates.items()
    ]


def _row(one: Figure) -> str:
    return f"| {one.what} | {one.measured} | {one.against} | {one.ratio:.2f} | {one.aim} |"


def _print_table(figures: list[Figure]) -> None:
    print("\n| what | measured | against | ratio | aim |\n|---|---|---|---|---|")
    print("\n".join(map(_row, figures)))


if __name__ == "__main__":
    sys.exit(main())
