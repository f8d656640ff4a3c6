"""The embedding model with its real weights."""

import numpy as np
import pytest

from pipeline.engines import catalogue, minilm
from pipeline.engines.minilm import MiniLM

TEXTS = [
    "The cat sits on the mat.",
    "A feline rests on a rug.",
    "Interest rates rose again last quarter, says the central bank.",
    "The central bank raised its rates.",
    "How do I bake bread with yeast?",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    return minilm.load(catalogue.locate("minilm", tmp_path_factory.mktemp("models")), 1)


class TestEmbed:
    def test_puts_paraphrases_near_and_other_topics_far(self, engine: MiniLM) -> None:
        alike = engine.embed(TEXTS) @ engine.embed(TEXTS).T

        assert min(alike[0, 1], alike[2, 3]) > 0.5
        assert np.abs(np.delete(alike[4], 4)).max() < 0.2
        assert np.abs(alike[:2, 2:4]).max() < 0.2

    def test_gives_the_similarity_of_the_model_that_was_converted(self, engine: MiniLM) -> None:
        """The pair and its similarity are those of the model's card: 0.6660, in float32."""
        first, second = engine.embed(["The weather is lovely today.", "It's so sunny outside!"])

        assert float(first @ second) == pytest.approx(0.666, abs=0.02)

    def test_gives_rows_of_length_one(self, engine: MiniLM) -> None:
        vectors = engine.embed(TEXTS)

        assert vectors.shape == (5, minilm.DIMENSIONS) and vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)

    def test_gives_a_text_one_vector_in_any_company(self, engine: MiniLM) -> None:
        crowd = [*TEXTS, "Hi", " ".join(TEXTS * 9), *TEXTS]

        together = engine.embed(crowd)

        alone = np.vstack([engine.embed([text]) for text in crowd])
        assert together == pytest.approx(alone, abs=1e-6)

    def test_reads_256_tokens(self, engine: MiniLM) -> None:
        long = "bread " * 254  # and a mark at either end

        cut, whole, shorter = engine.embed([long + "The central bank.", long, long[6:]])

        assert cut == pytest.approx(whole, abs=1e-6)
        assert np.abs(shorter - whole).max() > 1e-6

    @pytest.mark.parametrize("text", ["", "\x00\ud7ff\u202e", "ΩЖ漢字🙂", "a" * 5000])
    def test_takes_any_text(self, engine: MiniLM, text: str) -> None:
        (vector,) = engine.embed([text])

        assert np.isfinite(vector).all()

    def test_takes_none(self, engine: MiniLM) -> None:
        assert engine.embed([]).shape == (0, minilm.DIMENSIONS)
