"""Models that an operator adds to the catalogue, from a TOML file: `docs/reference/models.md`."""

from pathlib import Path
from typing import Annotated

import msgspec

from pipeline.engines.catalogue.model import Disk, File, Hub, Model, Source, Web

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class ListError(Exception):
    """The file cannot be taken; the text is one sentence."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Name
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, msgspec.Meta(gt=0)]
    path: str = ""
    url: str = ""
    repository: str = ""
    revision: str = ""

    def source(self) -> Source:
        if [self.path, self.url, self.repository].count("") != 2:
            raise ListError(f"{self.name} wants one of path, url and repository")
        if self.path:
            return Disk(Path(self.path))
        if self.url:
            return Web(self.url)
        if not self.revision:
            raise ListError(f"{self.name} wants the revision of {self.repository}")
        return Hub(self.repository, self.revision, self.name)


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    task: str
    licence: str
    origin: str
    files: Annotated[list[_File], msgspec.Meta(min_length=1)]

    def listed(self, name: str) -> Model:
        files = tuple(
            File(file.name, file.sha256, file.size_bytes, file.source()) for file in self.files
        )
        return Model(name, self.task, self.licence, self.origin, files)


def read(path: Path) -> list[Model]:
    """Return the models that the file lists. Raises `ListError`."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=dict[_Name, _Model])
        return [model.listed(name) for name, model in found.items()]
    except OSError as error:
        raise ListError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ListError) as error:
        raise ListError(f"{path} lists no models that we understand: {error}.") from error
