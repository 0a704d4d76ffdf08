"""Where the page of a number lies in the book."""

from __future__ import annotations

import re
from hashlib import sha256

FOLDER = "numbers"
_LONGEST = 100  # characters of a part of a path: file systems take 255 bytes
_PLAIN = re.compile(r"[^A-Za-z0-9_.,+-]")
# A part of a path that a file system or a server reads as something else.
_TAKEN = re.compile(r"\.*|(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def address(identifier: str, version: str) -> str:
    """Return the path of a number's page from the root of the book.

    Levels of one's own data can be any text: what is not plain in a path is written as ``~`` and
    its code point, which letters are capitals is said behind a ``~``, and a part that is long ends
    in a hash, so that no two numbers share a page, on a disk that ignores case neither.
    """
    parts = [_part(part) for part in identifier.split(":")]
    return "/".join([FOLDER, version, *parts]) + ".html"


def table_address(table: str, version: str) -> str:
    """Return the path of the script with the numbers of a table, which cards are made of."""
    return f"{FOLDER}/{version}/{_part(table)}.js"


def cased(text: str) -> str:
    """Return a plain part of a path with a number, in hex, of its places that are capitals."""
    capitals = sum(1 << place for place, sign in enumerate(text) if "A" <= sign <= "Z")
    return f"{text}~{capitals:x}" if capitals else text


def _part(text: str) -> str:
    plain = cased(_PLAIN.sub(lambda match: f"~{ord(match[0]):x}.", text))
    if len(plain) > _LONGEST:
        return f"{plain[:_LONGEST]}~{sha256(text.encode()).hexdigest()[:12]}"
    return f"~{plain}" if _TAKEN.fullmatch(plain) else plain
