"""Runs stages in this process, by their public contract, as the `full` profile has them, or the
one for redacted copies.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.conf import settings

from pipeline import planner, registry
from pipeline.contract import Context, Stage, Upstream, VideoInfo
from pipeline.errors import ModelMissing, NotApplicable
from pipeline.results import dump, load

Done = Mapping[type, Upstream]

THREADS = 1


def stages() -> tuple[Stage, ...]:
    """Return the stages that can be scored: those of `full`, and what is made on request of them."""
    full, redacted = registry.profile("full"), registry.profile("redacted")
    return (*full, *(stage for stage in redacted if stage not in full))


class Lab:
    """Runs each stage once a file and keeps what it gave: many stages take the same pictures."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes what the stages write."""
        self._folder = folder
        self._steps = {step.stage.name: step for step in planner.plan(stages(), checksum="")}
        self._done: dict[Path, dict[type, Upstream]] = {}
        self._took_s: dict[tuple[Path, str], float] = {}

    def give(self, path: Path, results: Mapping[type, Any]) -> None:
        """Take results of the file instead of computing them; they name no files."""
        done = self._done.setdefault(path, {})
        for kind, result in results.items():
            done.setdefault(kind, Upstream(result, self._folder))

    def run(self, path: Path, name: str) -> Done:
        """Return the results of the stage and of all that it takes, as far as they give one.

        Raises what a stage raises, but for `NotApplicable`: who looks for nothing found nothing.
        """
        done = self._done.setdefault(path, {})
        step = self._steps[name]
        if step.stage.produces in done:
            return done
        for taken in (*step.needs, *step.wants):
            self.run(path, taken)
        if (path, name) not in self._took_s and all(kind in done for kind in step.stage.needs):
            workdir = Path(mkdtemp(prefix=f"{name}-", dir=self._folder))
            context = Context(
                video=VideoInfo(path),
                workdir=workdir,
                models_dir=settings.MODELS_DIR,
                threads=THREADS,
                upstream=done,
                report=lambda _: None,
            )
            began = time.process_time()
            try:
                dump(step.stage.run(context), workdir)
            except ModelMissing:
                raise
            except NotApplicable:
                return done
            finally:
                self._took_s[path, name] = time.process_time() - began
            done[step.stage.produces] = Upstream(load(step.stage.produces, workdir), workdir)
        return done

    def took_s(self, path: Path, name: str) -> float:
        """Return the processor time that the stage took for the file, on one thread.

        Other work on the machine weighs little on it.
        """
        return self._took_s.get((path, name), 0.0)


@contextmanager
def empty_database() -> Iterator[None]:
    """Have a database of its own, and the process that embeds ended with it."""
    from django.db import connection

    from pipeline import embedding

    name = connection.settings_dict["NAME"]
    with redirect_stdout(StringIO()):  # it tells of the cache's table, however quiet it is to be
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        embedding.end()
        connection.creation.destroy_test_db(name, verbosity=0)
