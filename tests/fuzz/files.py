"""Hostile files through a real server: `python -m tests.fuzz.files [--count N] [--seed N]`.

Each goes through every stage, then a copy without faces is asked for. Both must end, or fail with
a documented code that is no bug of ours, in bounded time and memory. Nothing may be told of a file
that an upload only names, and nothing be left.
"""

import argparse
import json
import random
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests import throwaway
from tests.fuzz.containers import WHOLE, whole
from tests.fuzz.crafted import crafted
from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.server import Refused, Server, running

_ENDED = {"COMPLETED", "FAILED", "ready", "failed"}
_AT_ONCE = 8
_LONGEST_S = 400
"""Three attempts at the probe's deadline, pauses between them, and a queue of eight before it."""
_MOST_RSS = 3 << 30
_CANARY = b"canary-" + secrets.token_hex(16).encode()
_ANSWERS = (
    *("", "/timeline", "/transcript", "/transcript.vtt"),
    *("/shots", "/texts", "/objects", "/faces", "/nudity", "/sounds", "/speakers"),
    *("/summary", "/chapters", "/chapters.vtt", "/keywords", "/entities"),
    *("/duplicates", "/poster.jpg"),
)
_NAMES = (
    b"../../../etc/passwd", b"..\\..\\boot.ini", b"/etc/shadow", b"C:\\a.mp4", b"a\0b.mp4",
    b"\r\nX-Injected: yes.mp4", b"\xe2\x80\xae4pm.exe", b"\xff\xfe\xfd.mp4", b"", b".", b"..",
    b"a" * 3000 + b".mp4", b"concat:a|b", b"%00%2e%2e%2f.mp4", b"'; DROP TABLE videos;--.mp4",
    b"<script>alert(1)</script>.mp4", b"frame%03d.png", b"-i.mp4", "\u0041\u030a\u2028.mp4".encode(),
)  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    what: str
    name: bytes
    content: bytes


def hostile(count: int, seed: int, canary: Path) -> Iterator[Hostile]:
    """Yield `count` files, the same for the same seed: all crafted ones, then mutations."""
    rng = random.Random(seed)
    made = [*crafted(canary)]
    rng.shuffle(made)
    sources = {suffix: whole(suffix) for suffix in WHOLE}
    while len(made) < count:
        suffix, mutate = rng.choice(list(sources)), rng.choice(MUTATIONS)
        content = mutate(sources[suffix], rng)
        if rng.random() < 0.2:
            content = rng.choice(MUTATIONS)(content or b"x", rng)
        made.append((f"{mutate.__name__} {suffix}", content))
    for what, content in made[:count]:
        name = rng.choice(_NAMES) if rng.random() < 0.3 else f"{what}.mp4".encode()
        yield Hostile(what, name, content or b"x")


def documented_codes() -> set[str]:
    """Return what a video's reason may say: all of the reference but what means a bug."""
    page = (throwaway.ROOT / "docs/reference/errors.md").read_text()
    return set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)) - {"internal_error"}


def main() -> int:
    """Return the exit code: 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.files")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    args = parser.parse_args()
    print(f"files: seed {args.seed}", flush=True)
    with running() as server:
        throwaway.bring_models(str(server.folder))
        canary = server.folder / "canary.txt"
        canary.write_bytes(_CANARY)
        run = _Run(server)
        try:
            run.send(hostile(args.count, args.seed, canary))
            run.look_around()
        finally:
            run.tell()
    return int(bool(run.wrong))


class _Run:
    """What became of the files so far."""

    def __init__(self, server: Server) -> None:
        self.wrong: list[str] = []
        self._server = server
        self._codes: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()
        self._copies: Counter[str] = Counter()
        self._open: dict[str, tuple[Hostile, float]] = {}
        self._documented = documented_codes()
        self._most_rss = 0
        self._slowest = (0.0, "")
        self._began = time.monotonic()

    def send(self, files: Iterator[Hostile]) -> None:
        """Upload all, a few at a time, and follow each to its end."""
        for file in files:
            while len(self._open) >= _AT_ONCE:
                self._look()
            try:
                video = self._server.upload(file.name, file.content, profile="full")
            except Refused as refusal:
                self._codes[f"refused {refusal.status}"] += 1
                if refusal.status >= 500:
                    self.wrong.append(f"{file.what}: {refusal}")
            else:
                self._open[video["url"]] = (file, time.monotonic())
        while self._open:
            self._look()

    def look_around(self) -> None:
        """See that nothing lies where nothing should, and that no bug was logged."""
        media = self._server.folder / "var/media"
        self.wrong += [f"left in incoming: {path}" for path in (media / "incoming").iterdir()]
        strangers = {path.name for path in media.iterdir()} - {"incoming", "videos", "orphaned"}
        self.wrong += [f"in the media folder: {name}" for name in strangers]
        links = [path for path in media.rglob("*") if path.is_symlink()]
        self.wrong += [f"a link: {path}" for path in links]
        self.wrong += self._server.bugs()[:20]

    def tell(self) -> None:
        """Print the counts, and what was wrong."""
        total, spent_s = sum(self._codes.values()), time.monotonic() - self._began
        print(f"{total} files in {spent_s:.0f} s")
        told = {"videos": self._codes, "stages": self._stages, "copies": self._copies}
        for what, counts in told.items():
            print(f"{what}: " + ", ".join(f"{name} {n}" for name, n in counts.most_common()))
        print(f"slowest: {self._slowest[1]}, {self._slowest[0]:.0f} s")
        print(f"most memory of one process: {self._most_rss >> 20} MiB")
        print("\n".join(self.wrong) or "every file ended as it should")

    def _look(self) -> None:
        self._watch_memory()
        for url, (file, since) in list(self._open.items()):
            waited_s = time.monotonic() - since
            found = json.loads(self._server.get(url))
            if found["status"] in _ENDED:
                del self._open[url]
                self._slowest = max(self._slowest, (waited_s, file.what))
                if "stages" in found:
                    self._judge(url, found, file)
                    self._ask_for_copy(url, file)
                else:
                    self._judge_copy(found, file)
            elif waited_s > _LONGEST_S:
                self.wrong.append(f"{file.what}: not ended after {waited_s:.0f} s: {found}")
                del self._open[url]
        time.sleep(0.1)

    def _ask_for_copy(self, url: str, file: Hostile) -> None:
        try:
            copy = self._server.post(url + "/renditions", {"kind": "redacted"})
        except Refused as refusal:
            self._copies[f"refused {refusal.status}"] += 1
            if refusal.status >= 500:
                self.wrong.append(f"{file.what}: {refusal}")
        else:
            self._open[copy["url"]] = (file, time.monotonic())

    def _judge_copy(self, copy: dict[str, Any], file: Hostile) -> None:
        code = copy["reason"]["code"] if copy["reason"] else copy["status"]
        self._copies[code] += 1
        if copy["reason"] and code not in self._documented:
            self.wrong.append(f"{file.what}: its copy ended with {copy['reason']}")

    def _judge(self, url: str, video: dict[str, Any], file: Hostile) -> None:
        reason = video["status_reason"]
        self._codes[reason["code"] if reason else video["status"]] += 1
        for stage in video["stages"]:
            code = stage["reason"]["code"] if stage["reason"] else stage["status"]
            self._stages[code] += 1
            if stage["reason"] and code not in self._documented:
                self.wrong.append(f"{file.what}: {stage['name']} ended with {stage['reason']}")
        if any(not char.isprintable() for char in video["filename"]) or "/" in video["filename"]:
            self.wrong.append(f"{file.what}: shown as {video['filename']!r}")
        for answer in _ANSWERS:
            if _CANARY in self._body(url + answer):
                self.wrong.append(f"{file.what}: {answer} tells what only the server may read")

    def _body(self, url: str) -> bytes:
        try:
            return self._server.get(url)
        except Refused as refusal:
            if refusal.status >= 500:
                self.wrong.append(f"{url}: {refusal}")
            return refusal.body

    def _watch_memory(self) -> None:
        for process in self._server.processes():
            try:
                used, command = process.memory_info().rss, process.cmdline()
            except psutil.Error:  # it ended
                continue
            if "pipeline.child" in command:
                self._most_rss = max(self._most_rss, used)
        if self._most_rss > _MOST_RSS:
            self.wrong.append(f"a stage's process used {self._most_rss >> 20} MiB")
            self._most_rss = 0


if __name__ == "__main__":
    sys.exit(main())
