"""Names in English text: spaCy (MIT) with the named entity recogniser of its small model (MIT).

Trained on OntoNotes 5: news, telephone calls, web pages. Neither comes with what every server
installs: 225 MB that many have no use for.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.engines.catalogue import CATALOGUE
from pipeline.engines.loaded import loaded
from pipeline.errors import ModelMissing

if TYPE_CHECKING:
    from spacy.language import Language

MODEL = "en-core-web-sm"
"""In the catalogue."""
_BATCH = 64
# OntoNotes' labels of what has a name, in words; numbers, dates and amounts are left out.
_LABELS = {
    "PERSON": "person",
    "NORP": "group",
    "FAC": "facility",
    "ORG": "organisation",
    "GPE": "place",
    "LOC": "place",
    "PRODUCT": "product",
    "EVENT": "event",
    "WORK_OF_ART": "work",
    "LAW": "law",
    "LANGUAGE": "language",
}
LABELS = tuple(dict.fromkeys(_LABELS.values()))


class Name(NamedTuple):
    start: int
    """Of its first character in the text."""
    end: int
    label: str
    """One of `LABELS`."""


class Names:
    """Finds names."""

    def __init__(self, language: "Language") -> None:
        self._language = language

    def find(self, texts: Sequence[str]) -> Iterator[list[Name]]:
        """Yield the names in each text, ascending and apart; without "the" and "'s"."""
        for doc in self._language.pipe(texts, batch_size=_BATCH):
            yield [
                Name(*_bare(doc.text, entity.start_char, entity.end_char), _LABELS[entity.label_])
                for entity in doc.ents
                if entity.label_ in _LABELS
            ]


def load(folder: Path) -> Names:
    """Return the recogniser whose files lie in `folder`. Raises `ModelMissing` without spaCy."""
    try:
        return Names(loaded(_load, folder))
    except ImportError as error:
        raise ModelMissing(MODEL, "spaCy is not installed.", CATALOGUE[MODEL].mend) from error


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    if text[start:end].casefold().startswith("the "):
        start += len("the ")
    if text[start:end].endswith(("'s", "’s")):  # noqa: RUF001  as it is written
        end -= len("'s")
    return start, end


def _load(folder: Path) -> "Language":
    """Put the recogniser together from its files alone: the model has a tagger and a parser, too."""
    from spacy.lang.en import English
    from spacy.util import load_config

    language = English()
    language.vocab.from_disk(folder)
    language.tokenizer.from_disk(folder / "tokenizer")
    config = load_config(folder / "config.cfg")["components"]["ner"]
    recogniser = language.add_pipe("ner", config={"model": config["model"]})
    recogniser.from_disk(folder, exclude=["vocab"])
    return language
