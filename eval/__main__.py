"""Prints how right each stage is: `python -m eval [STAGE…]`; see `eval`."""

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django

from eval.cases import Case, cases
from eval.running import Lab, stages
from eval.scores import looked
from eval.table import Row, heading, line, total
from pipeline.errors import PipelineError
from pipeline.results import Media

_HERE = Path(__file__).parent


def main() -> int:
    """Print a table and return 0, or 1 where a case could not be scored."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
    django.setup()
    scored = [s.name for s in stages() if (_HERE / f"{s.name}.py").exists()]
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(scored)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--own", type=Path, metavar="FOLDER", help="cases of your own, see eval")
    parser.add_argument("--all", action="store_true", help="long sets whole: some 10 minutes more")
    told = parser.parse_args()
    if unknown := set(told.stages) - set(scored):
        parser.error(f"nothing scores {', '.join(sorted(unknown))}; there are {', '.join(scored)}")

    rows: list[Row] = []
    failed = False
    print(heading())
    with TemporaryDirectory(prefix="videointel-eval-") as folder:
        lab = Lab(Path(folder))
        for name in told.stages or scored:
            module = import_module(f"eval.{name}")
            of_stage = []
            recipes = module.RECIPES | (getattr(module, "MORE", {}) if told.all else {})
            for case in cases(module.TRUTH, recipes, told.own):
                try:
                    of_stage.append(_row(name, module, case, lab))
                except PipelineError as error:
                    print(f"{name}, {case.name}: {error.message}", file=sys.stderr)
                    failed = True
                else:
                    print(line(of_stage[-1]), flush=True)
            if len(of_stage) > 1:
                of_stage.append(total(of_stage))
                print(line(of_stage[-1]), flush=True)
            rows += of_stage
    if told.json:
        told.json.write_text(json.dumps([row.told() for row in rows], indent=2) + "\n")
    return int(failed)


def _row(name: str, module: Any, case: Case, lab: Lab) -> Row:
    for other in getattr(module, "ALSO", ()):
        lab.run(case.path, other)
    if hasattr(module, "given"):
        lab.give(case.path, module.given(case))
    done = lab.run(case.path, name)
    seen = looked(module.looked(done), done[Media].result.duration_ms)
    return Row(name, case.name, module.score(case, done), seen, lab.took_s(case.path, name))


if __name__ == "__main__":
    sys.exit(main())
