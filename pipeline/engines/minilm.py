"""What texts mean, as vectors: all-MiniLM-L6-v2 (Apache-2.0), ONNX with int8 weights.

Sentence-BERT (Reimers and Gurevych, 2019), distilled; trained on English. Text of other languages
gets a vector too, which says little more than what words and names it shares with another.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.engines import onnx
from pipeline.engines.loaded import loaded

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Vectors = npt.NDArray[np.float32]

MODEL = "minilm"
"""In the catalogue."""
DIMENSIONS = 384
_WEIGHTS, _TOKENS = "model.onnx", "tokenizer.json"
# As sentence-transformers cuts its input for this model; what comes after is not read.
_MOST_TOKENS = 256
_BATCH = 16


class MiniLM:
    """Embeds texts."""

    def __init__(self, session: "InferenceSession", tokenizer: "Tokenizer") -> None:
        self._session = session
        self._tokenizer = tokenizer

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, 384) float32, a row of length 1 for each text: their dot product is the cosine.

        Of each text the first 256 tokens count, some 190 English words. A text has the same vector
        whatever others stand beside it: weights alone are int8, activations are float32, so no
        scale is drawn from the batch.
        """
        # One by one: a batch would be cut up by as many threads as the machine has.
        encoded = [self._tokenizer.encode(text) for text in texts]
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        # Texts of like length together, so that little is computed for padding.
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            vectors[batch] = self._embed([encoded[i] for i in batch])
        return vectors

    def knows(self, word: str) -> bool:
        """Tell whether the vocabulary of 30,000 has a word, in small letters, in one piece."""
        return self._tokenizer.token_to_id(word) is not None

    def _embed(self, batch: "list[Encoding]") -> Vectors:
        """Return the mean of each text's token vectors, scaled to length 1."""
        ids = np.zeros((len(batch), max(len(text.ids) for text in batch)), np.int64)
        mask = np.zeros_like(ids)
        for row, text in enumerate(batch):
            ids[row, : len(text.ids)] = text.ids
            mask[row, : len(text.ids)] = 1
        (tokens,) = self._session.run(
            None,
            {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)},
        )
        means = (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        scaled: Vectors = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return scaled


def load(folder: Path, threads: int) -> MiniLM:
    """Return the model whose files lie in `folder`; this process reads its tokenizer once, too."""
    session = onnx.session(folder / _WEIGHTS, threads=threads)
    return MiniLM(session, loaded(_tokenizer, folder / _TOKENS))


def _tokenizer(path: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    # The file asks for 128 tokens, always.
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_TOKENS)
    return tokenizer
