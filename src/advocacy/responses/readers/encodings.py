"""Which code page a text is in: what the file says, checked against the bytes themselves."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

# Single-byte pages of Western Europe: Windows, then DOS and classic Macintosh. Which one it is
# shows in the letters: the others' readings of æøå are signs and quotes.
_WESTERN = ("windows-1252", "cp850", "mac-roman")
_EXPECTED = frozenset(
    "æøåäöüéèêëàâáíóúñçôîûßþðýÆØÅÄÖÜÉÈÊËÀÂÁÍÓÚÑÇÔÎÛÞÐÝ" + "–—‘’“”…•€«»§°®©\N{NO-BREAK SPACE}"
)
# Above this share of letters beyond ASCII a text is not Western European: Greek, Cyrillic, …
_MOST_BEYOND_ASCII = 0.5
_CLEAR, _LEAST = 0.95, 0.6


@dataclass(frozen=True)
class Decision:
    """A code page, and how it was arrived at.

    Parameters
    ----------
    encoding
        Name that Python, iconv and Arrow all know.
    said
        What was assumed and how sure that is, in one sentence; empty where the file's own
        declaration was followed.
    """

    encoding: str
    said: str = ""


def decide(declared: str | None, sample: bytes, forced: str | None = None) -> Decision:
    """Return the code page to read a file with.

    Parameters
    ----------
    declared
        What the file says; None where it says nothing.
    sample
        Bytes of its labels and values, undecoded.
    forced
        What the user says; it overrides everything.
    """
    if forced is not None:
        return Decision(forced, f"Text was read as {forced}, as you asked.")
    if declared is not None and not _is_wrong(declared, sample):
        return Decision(declared)
    guess, how = _guess(sample)
    if declared is None:
        return Decision(guess, f"The file does not say its code page; we read {guess} ({how}).")
    return Decision(
        guess, f"The file says that its text is {declared}, but it is not; we read {guess} ({how})."
    )


def _is_wrong(declared: str, sample: bytes) -> bool:
    """Tell whether bytes cannot be, or in all likelihood are not, in the declared page."""
    if sample.isascii():
        return False
    try:
        sample.decode(declared)
    except (ValueError, LookupError):  # a damaged name may hold a zero, which is no LookupError
        return True
    # Two or more bytes of one letter hardly ever come about by chance.
    return not _is(declared, "utf-8") and _decodes(sample, "utf-8")


def _guess(sample: bytes) -> tuple[str, str]:
    """Return a code page and how sure it is, for bytes without a usable declaration."""
    if sample.isascii():
        return "UTF-8", "certain: it holds no letter beyond ASCII"
    if _decodes(sample, "utf-8"):
        return "UTF-8", "almost certain: the bytes follow its rules"
    letters = sum(1 for byte in sample if byte >= 0x80 or chr(byte).isalpha())
    beyond = sum(1 for byte in sample if byte >= 0x80)
    share, best = max((_fit(sample, page), -rank) for rank, page in enumerate(_WESTERN))
    if beyond > _MOST_BEYOND_ASCII * letters or share < _LEAST:
        match = from_bytes(sample).best()
        if match is not None:
            return match.encoding, "a guess: check letters in names, or give --encoding"
    sure = "likely" if share >= _CLEAR else "unsure, give --encoding if letters are wrong"
    return _WESTERN[-best], f"{sure}: {share:.0%} of its special letters fit"


def _fit(sample: bytes, page: str) -> float:
    """Return the share of characters beyond ASCII that Western European texts use."""
    special = [c for c in sample.decode(page, errors="replace") if not c.isascii()]
    return sum(c in _EXPECTED for c in special) / len(special)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is(name: str, other: str) -> bool:
    try:
        return codecs.lookup(name).name == codecs.lookup(other).name
    except (ValueError, LookupError):
        return False
