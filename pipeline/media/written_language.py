"""Which language a text is written in, by py3langid (BSD-3-Clause; its model lies in the package)."""

_LOOKED_AT = 20_000
"""Characters: more make it slower, not surer."""
_LEAST = 0.5
_LEAST_LETTERS = 20
"""Of fewer it says something, too, but with little right."""


def detect(text: str) -> tuple[str, float] | None:
    """Return the text's language, an ISO 639 code, and its probability; None: that is not clear."""
    head = text[:_LOOKED_AT]
    if sum(map(str.isalpha, head)) < _LEAST_LETTERS:
        return None
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    language, probability = identifier.classify(head)
    return (language, round(float(probability), 4)) if probability >= _LEAST else None
