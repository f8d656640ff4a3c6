"""What the batched pipeline of faster-whisper keeps to itself: languages, and how far it is."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

# How much of the work is done once sound is encoded, and once the text is written; what is left
# are the words' times.
_ENCODING, _WRITTEN = 0.45, 0.9
_LOOK_S = 0.02

_SURE = 0.99
"""Of a chunk of one language; with three seconds of another it was never surer than 0.987."""

Odds = Mapping[str, float]
"""Language → how likely it is, 0..1 together."""


class Telling:
    """CTranslate2's model, which tells what the batched pipeline keeps to itself.

    That is the language of each clip and of its pieces, which it detects from what is encoded
    anyway, and how far it is.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.begin(lambda _: None)

    def begin(
        self, report: Callable[[float], None], pieces: Sequence[Sequence[tuple[int, int]]] = ()
    ) -> None:
        """Tell of a new batch; `pieces` are first and last frames, end exclusive, in each clip."""
        self._told: list[tuple[str, tuple[Odds, ...]]] = []
        self._report = report
        self._pieces = pieces
        self._encoding_s = 0.0

    def end(self) -> list[tuple[str, tuple[Odds, ...]]]:
        """Return the language of each clip, and the odds of its pieces; tell no more progress."""
        told = self._told
        self.begin(lambda _: None)
        return told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def encode(self, features: Any, **options: Any) -> Any:
        """Encode clip by clip: the numbers are the same, the time is not longer.

        A GPU is done with all of them at once, sooner than anybody looks.
        """
        from ctranslate2 import StorageView

        if self._model.device != "cpu":
            return self._model.encode(features, **options)
        began = time.monotonic()
        clips = np.asarray(features)
        encoded = []
        for done, clip in enumerate(clips, start=1):
            one = self._model.encode(StorageView.from_array(clip[None]), **options)
            encoded.append(np.asarray(one))
            self._report(_ENCODING * done / len(clips))
        self._encoding_s = time.monotonic() - began
        return StorageView.from_array(np.concatenate(encoded))

    def detect_language(self, encoded: Any) -> Any:
        """Tell the languages, of an unclear clip those of its pieces: cut from what is encoded."""
        from ctranslate2 import Device

        found = self._model.detect_language(encoded)
        if self._pieces:
            clips = np.asarray(encoded.to_device(Device.cpu))
            for whole, clip, pieces in zip(found, clips, self._pieces, strict=True):
                odds = _odds(whole)
                language = max(odds, key=odds.__getitem__)
                told = (
                    (odds,) * len(pieces)
                    if odds[language] >= _SURE
                    else tuple(self._odds_of(clip[None, a:b]) for a, b in pieces)
                )
                self._told.append((language, told))
        return found

    def _odds_of(self, encoded: Any) -> Odds:
        from ctranslate2 import StorageView

        return _odds(*self._model.detect_language(StorageView.from_array(encoded.copy())))

    def generate(self, *inputs: Any, **options: Any) -> Any:
        """Write the text. Nobody tells how far that is, so progress nears its share by the clock.

        It takes about as long as encoding did, on however busy a machine.
        """
        began = time.monotonic()
        texts = self._model.generate(*inputs, asynchronous=True, **options)
        while not texts[-1].done():
            time.sleep(_LOOK_S)
            encodings = (time.monotonic() - began) / max(self._encoding_s, _LOOK_S)
            self._report(_ENCODING + (_WRITTEN - _ENCODING) * (1 - 0.5**encodings))
        return [text.result() for text in texts]


def _odds(told: Sequence[tuple[str, float]]) -> Odds:
    """Return odds as the engine tells them, whose languages are tokens: `<|en|>`."""
    return {token[2:-2]: float(probability) for token, probability in told}
