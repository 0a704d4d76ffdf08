"""The code page of a plain text: by the mark at its start, by its zeros, or by its letters."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import Decision, decide

_BOMS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_BLOCK = 2**20  # bytes read at a time
_HEAD = 2**16  # bytes that tell whether every second one is zero
_MOST_SPECIAL = 2**20  # bytes with letters beyond ASCII that decide
_SPECIAL_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")


def page_of_text(path: Path, forced: str | None) -> Decision:
    """Decide on the code page of a text file; ``forced`` is what the user says."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if forced is not None:
        return decide(None, [], forced)
    if bom := marked_page(head):
        return Decision(bom, (Remark("encoding.marked", {"encoding": bom}),))
    if wide := wide_page(head):
        return Decision(wide, (Remark("encoding.wide", {"encoding": wide}),))
    return decide(None, _special_lines(path))


def _special_lines(path: Path) -> list[bytes]:
    """Return a file's first lines with letters beyond ASCII."""
    found: list[bytes] = []
    size, rest = 0, b""
    with path.open("rb") as file:
        while size < _MOST_SPECIAL and (block := file.read(_BLOCK)):
            whole, line_end, rest = (rest + block).rpartition(b"\n")
            if not line_end and len(rest) > _MOST_SPECIAL:
                break
            if not whole.isascii():
                found += _SPECIAL_LINE.findall(whole)
                size = sum(map(len, found))
    return found if rest.isascii() else [*found, rest]


def marked_page(head: bytes) -> str | None:
    """Return the page that the first bytes of a text name, if they do."""
    return next((name for bom, name in _BOMS.items() if head.startswith(bom)), None)


def wide_page(head: bytes) -> str | None:
    """Return UTF-16 with its byte order where nearly every second byte is zero."""
    pairs = len(head) // 2
    if pairs < 2 or b"\0" not in head:
        return None
    shares = {
        "UTF-16-LE": head[1 : 2 * pairs : 2].count(0) / pairs,
        "UTF-16-BE": head[0 : 2 * pairs : 2].count(0) / pairs,
    }
    name = max(shares, key=lambda key: shares[key])
    return name if shares[name] > 0.7 and min(shares.values()) < 0.1 else None
