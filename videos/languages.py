"""How languages are named, and the PostgreSQL text search configuration that stems each of them."""

CODE = r"^[a-z]{2,3}$"
NOT_A_CODE = "It is an ISO 639 code of two or three small letters."

# ISO 639-1 code to the configuration's name; all of these ship with PostgreSQL 15.
_CONFIGS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


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


def search_config(language: str) -> str:
    """Return the text search configuration for an ISO 639-1 code; `simple` where there is none."""
    return _CONFIGS.get(language.lower(), "simple")
