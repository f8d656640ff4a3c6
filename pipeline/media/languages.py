"""How containers name languages."""

# ISO 639-2, as containers tag their tracks, to ISO 639-1: the languages above, and many more speak.
_SHORT = {
    "ara": "ar", "cat": "ca", "dan": "da", "deu": "de", "ger": "de", "ell": "el", "gre": "el",
    "eng": "en", "spa": "es", "eus": "eu", "baq": "eu", "fin": "fi", "fra": "fr", "fre": "fr",
    "gle": "ga", "hin": "hi", "hun": "hu", "hye": "hy", "arm": "hy", "ind": "id", "ita": "it",
    "lit": "lt", "nep": "ne", "nld": "nl", "dut": "nl", "nno": "nn", "nob": "no", "nor": "no",
    "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "srp": "sr", "swe": "sv", "tam": "ta",
    "tur": "tr", "yid": "yi", "ben": "bn", "bul": "bg", "ces": "cs", "cze": "cs", "est": "et",
    "fas": "fa", "per": "fa", "heb": "he", "hrv": "hr", "isl": "is", "ice": "is", "jpn": "ja",
    "kor": "ko", "lav": "lv", "msa": "ms", "may": "ms", "pol": "pl", "slk": "sk", "slo": "sk",
    "slv": "sl", "tha": "th", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh", "chi": "zh",
}  # fmt: skip


def short(code: str) -> str:
    """Return the two letters of a language that is named by three; other codes as they are."""
    return _SHORT.get(code, code)
