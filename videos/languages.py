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


def search_config(language: str) -> str:
    """Return the text search configuration for an ISO 639-1 code; `simple` where there is none."""
    return _CONFIGS.get(language.lower(), "simple")
