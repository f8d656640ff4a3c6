"""Runs stages in real processes, confined as the worker's are."""

from pathlib import Path
from typing import Any

from pipeline import results
from pipeline.contract import Limits
from pipeline.messages import Ended, Request, kind_of
from pipeline.supervisor import Allowance, Children
from tests.execution.attempts import Tried, Try


class Videos:
    """Two videos under one root; stages run on the first and try for the second."""

    def __init__(self, root: Path) -> None:
        self.children = Children()
        self.source, self.others = root / "media/a/source", root / "media/b/source"
        for path in (self.source, self.others):
            path.parent.mkdir(parents=True)
            path.write_bytes(b"bytes")
        self.models = root / "models"
        self.allowance = Allowance(4096, 5, (root / "media", self.models))
        self._attempts = 0

    def end(self, stage_type: type[Try], **parameters: Any) -> Ended:
        """Run the stage in a child of its kind and return how it ended."""
        self._attempts += 1
        self.workdir.mkdir()
        stage = stage_type(**{"others": str(self.others)} | parameters)
        child = self.children.get(kind_of(stage), self.allowance)
        child.send(self.request(stage))
        while True:
            for reply in child.replies(timeout_s=60):
                if isinstance(reply, Ended):
                    return reply

    def tried(self, stage_type: type[Try], **parameters: Any) -> Tried:
        """Run the stage and return what it could do."""
        ended = self.end(stage_type, **parameters)
        assert ended.outcome == "succeeded", ended
        return results.load(Tried, self.workdir)

    @property
    def workdir(self) -> Path:
        return self.source.parent / f"attempt-{self._attempts}"

    def request(self, stage: Try) -> Request:
        """Return the request to run the stage on the first video."""
        return Request(
            stage=f"{type(stage).__module__}.{type(stage).__qualname__}",
            parameters=vars(stage),
            source=str(self.source),
            source_url="",
            workdir=str(self.workdir),
            partial="",
            models_dir=str(self.models),
            threads=1,
            limits=Limits(),
            cpu_s=60,
            upstream={},
        )
