"""Which code page a text is in: what the file says, checked against the bytes themselves."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

from advocacy.remarks import Remark, Value

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
    remarks
        What was assumed and how sure that is; none where the file's own declaration was
        followed.
    """

    encoding: str
    remarks: tuple[Remark, ...] = ()


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
        return Decision(forced, (Remark("encoding.forced", {"encoding": forced}),))
    if declared is not None and not _is_wrong(declared, sample):
        return Decision(declared)
    guess, how = _guess(sample)
    key = "encoding.undeclared" if declared is None else "encoding.wrong"
    values: dict[str, Value] = {"declared": declared or "", "encoding": guess, "how": how}
    return Decision(guess, (Remark(key, values),))


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


def _guess(sample: bytes) -> tuple[str, Remark]:
    """Return a code page and how sure it is, for bytes without a usable declaration."""
    if sample.isascii():
        return "UTF-8", Remark("encoding.ascii")
    if _decodes(sample, "utf-8"):
        return "UTF-8", Remark("encoding.utf_8")
    letters = sum(1 for byte in sample if byte >= 0x80 or chr(byte).isalpha())
    beyond = sum(1 for byte in sample if byte >= 0x80)
    share, best = max((_fit(sample, page), -rank) for rank, page in enumerate(_WESTERN))
    if beyond > _MOST_BEYOND_ASCII * letters or share < _LEAST:
        match = from_bytes(sample).best()
        if match is not None:
            return match.encoding, Remark("encoding.guess")
    key = "encoding.likely" if share >= _CLEAR else "encoding.unsure"
    return _WESTERN[-best], Remark(key, {"share": f"{share:.0%}"})


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
