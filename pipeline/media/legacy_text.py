"""Bytes of a text file whose encoding nobody has told, as text."""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What programs wrote before UTF-8, by language: Windows' own, and in East Asia the usual one.
_BEFORE_UTF8 = {
    "cp1250": ("cs", "hr", "hu", "pl", "ro", "sk", "sl", "bs", "sq"),
    "cp1251": ("be", "bg", "mk", "ru", "sr", "uk"),
    "cp1253": ("el",),
    "cp1254": ("az", "tr"),
    "cp1255": ("he", "yi"),
    "cp1256": ("ar", "fa", "ur"),
    "cp1257": ("et", "lt", "lv"),
    "cp1258": ("vi",),
    "cp874": ("th",),
    "cp932": ("ja",),
    "cp949": ("ko",),
    "gb18030": ("zh",),
}
_ENCODINGS = {code: encoding for encoding, codes in _BEFORE_UTF8.items() for code in codes}
_WESTERN = "cp1252"
_LOOKED_AT = 64 * 1024
"""Bytes by which an encoding is guessed: more make it slower, hardly surer."""
_MOSTLY = 4
"""So many whole characters of UTF-8 for each broken one, and it is UTF-8 with damage."""


def decode(content: bytes, language: str = "") -> str:
    """Return the text: by its byte order mark, as UTF-8, as UTF-16, or as `language` was written.

    Without a language (ISO 639-1) the encoding is guessed from the words. Never raises: what
    cannot be read becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").removeprefix("\ufeff")
    if encoding := _wide(content):
        return content.decode(encoding, "replace")
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - broken if broken else 0
    if whole >= _MOSTLY * broken:
        return text
    return content.decode(_legacy(content, language), "replace")


def _wide(content: bytes) -> str:
    """Return the encoding of UTF-16 without a mark: every second byte of its digits is 0."""
    head = content[:_LOOKED_AT]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) * 3 > len(zeros) and head.count(0) < len(head) * 2 // 3:
            return encoding
    return ""


def _legacy(content: bytes, language: str) -> str:
    from charset_normalizer import from_bytes

    if known := _ENCODINGS.get(language, _WESTERN if language else ""):
        try:
            content.decode(known)
        except UnicodeDecodeError:
            pass  # it is another one
        else:
            return known
    # Digits and arrows say nothing.
    lines = [line for line in content[:_LOOKED_AT].splitlines() if any(byte > 127 for byte in line)]
    best = from_bytes(b"\n".join(lines)).best()
    return best.encoding if best else _WESTERN
