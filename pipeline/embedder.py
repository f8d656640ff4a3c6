"""The process that embeds what people search for: `python -m pipeline.embedder MODELS_DIR`.

It knows neither Django nor the database. Texts come as JSON lines on its input, vectors go out on
its output. It ends when the pipe closes, or when nobody has asked for a while: then its memory is
the machine's again.
"""

import logging
import os
import resource
import select
import sys
from pathlib import Path

import msgspec

from pipeline import sandbox
from pipeline.engines import catalogue, minilm
from pipeline.errors import PipelineError
from pipeline.messages import Asked, Embedded

logger = logging.getLogger(__name__)

_IDLE_S = 600
_MEMORY_MB = 2048
_BLOCK = 65536


def answer(asked: Asked, models_dir: Path) -> Embedded:
    """Return the text's vector, or why there is none."""
    try:
        engine = minilm.load(catalogue.locate(minilm.MODEL, models_dir), threads=1)
        (row,) = engine.embed([asked.text])
    except PipelineError as error:
        return Embedded(asked.number, code=error.code, message=error.message)
    except Exception:
        logger.exception("Embedding a search")
        message = "Searching by meaning failed; the server's log has the details."
        return Embedded(asked.number, code="internal_error", message=message)
    return Embedded(
        asked.number,
        vector=str([round(float(number), 6) for number in row]),
        known=tuple(word for word in asked.text.lower().split() if engine.knows(word)),
    )


def main(models_dir: Path) -> None:
    """Answer until the pipe closes, or nobody asks any more."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MB << 20, _MEMORY_MB << 20))
    models_dir.mkdir(parents=True, exist_ok=True)  # only what exists can be allowed
    sandbox.confine(read=sandbox.programs(), write=[models_dir])
    sandbox.deny(sockets=True)
    unread = b""
    while select.select([0], [], [], _IDLE_S)[0] and (block := os.read(0, _BLOCK)):
        *lines, unread = (unread + block).split(b"\n")
        for line in lines:
            embedded = answer(msgspec.json.decode(line, type=Asked), models_dir)
            sys.stdout.buffer.write(msgspec.json.encode(embedded) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
