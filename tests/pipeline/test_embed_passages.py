"""Vectors of what is said and shown, with the real model."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.errors import NotApplicable
from pipeline.results import Coverage, Cue, Objects, Track, Transcript, Vectors, dump, load
from pipeline.stages.embed_passages import EmbedPassages


def embed(folder: Path, *results: object) -> Vectors:
    upstream = {type(result): Upstream(result, folder) for result in results}
    context = Context(VideoInfo(folder), folder, folder, 1, upstream, lambda _: None)
    dump(EmbedPassages().run(context), folder)
    return load(Vectors, folder)


def transcript(*texts: str) -> Transcript:
    cues = (Cue(n * 10_000, n * 10_000 + 2000, text, 0.9, ()) for n, text in enumerate(texts))
    return Transcript("en", None, tuple(cues), "whisper-base")


class TestEmbedPassages:
    def test_embeds_each_text_once(self, tmp_path: Path) -> None:
        boat = Track("boat", 0, 100, 0.9, ())
        things = Objects((boat, boat), Coverage(1, 100), "yolox-nano")

        found = embed(tmp_path, transcript("A ship leaves.", "Bread.", "A ship leaves."), things)

        assert [one.text for one in found.vectors] == ["A ship leaves.", "Bread.", "boat"]
        ship, bread, boat_vector = (
            np.frombuffer(one.vector, "<f2").astype(np.float32) for one in found.vectors
        )
        assert ship.shape == (384,) and np.linalg.norm(ship) == pytest.approx(1, abs=0.01)
        assert ship @ boat_vector > 0.4 > bread @ boat_vector

    def test_has_nothing_to_do_where_nothing_is_said_or_shown(self, tmp_path: Path) -> None:
        with pytest.raises(NotApplicable) as skipped:
            embed(tmp_path)

        assert skipped.value.code == "no_text"
