"""Texts of the data in files of XML: which letters may stand there, and how wide they are."""

from __future__ import annotations

import re
import unicodedata

# What XML 1.0 (section 2.2) has no way to write. Surrogates stand for bytes that are no letters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PICTURES, _DELETE = 0x2400, 0x7F
_NO_LETTER = "\N{REPLACEMENT CHARACTER}"

BOLD = 1.12  # by which bold letters are wider
# Widths in heights of a letter, on the safe side of Open Sans and DejaVu Sans.
_NARROW = {**dict.fromkeys("ijl.,:;'|!()[]{}ft\N{NARROW NO-BREAK SPACE}I ", 0.38), "r": 0.45}
_WIDE = dict.fromkeys("mwMW@%ÆæŒœ—…", 0.98)
_WIDE |= dict.fromkeys("<>=+−±~≤≥×÷#", 0.86)
_CAPITAL, _USUAL, _FULL = 0.74, 0.645, 1.05
_MORE = "…"
_ROUNDING = 1e-6  # a text fits where it was measured


def legal(text: str) -> str:
    """Return a text with what XML cannot write made visible: a control character by its picture.

    So an escape of a terminal, which begins with ESC, is shown as ``␛[31m``.
    """
    return _FORBIDDEN.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\N{SYMBOL FOR DELETE}" if code == _DELETE else _NO_LETTER


def width(text: str, size: float) -> float:
    """Return how wide a text is at most, in the unit of ``size``, the height of its letters."""
    return size * sum(map(_advance, text))


def _advance(letter: str) -> float:
    if letter in _NARROW:
        return _NARROW[letter]
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL
    return _WIDE.get(letter, _CAPITAL if letter.isupper() else _USUAL)


def wrapped(text: str, size: float, most: float, lines: int) -> list[str]:
    """Return the lines of a text, none wider than ``most``; the last ends with … if more follow.

    A word that is wider is divided.
    """
    rest = legal(" ".join(text.split()))
    found: list[str] = []
    while rest and len(found) < lines:
        line = _begin(rest, size, most)
        rest = rest[len(line) :].lstrip(" ")
        found.append(line.rstrip(" "))
    if rest:
        last = found[-1]
        while last and width(last + _MORE, size) > most:
            last = last[:-1]
        found[-1] = last.rstrip(" ") + _MORE
    return found or [""]


def _begin(text: str, size: float, most: float) -> str:
    """Return as much of a text as a line holds: whole words, or of a longer one its letters."""
    held, total = 0, 0.0
    for letter in text:
        total += size * _advance(letter)
        if total > most + _ROUNDING and held:
            break
        held += 1
    else:
        return text
    # A mark stays with the letter that it stands on.
    while held > 1 and unicodedata.combining(text[held]):
        held -= 1
    words = text[:held].rfind(" ") if text[held] != " " else held
    return text[: words if words > 0 else held]
