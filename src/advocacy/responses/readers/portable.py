"""SPSS portable files: .por.

Read here, from the format's description, as other readers lose the codes that the file
declares missing, the weight, and letters beyond ASCII.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/Portable-File-Format.html
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from advocacy.arrays import arrow
from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import (
    Decision,
    decide,
    decoded,
    undecoded_labels,
    undecoded_texts,
)
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.readers.moments import dates, timestamps
from advocacy.responses.readers.native import check_names, damaged, impossible_dates
from advocacy.responses.readers.scan import Scan, slices
from advocacy.responses.readers.spss import column

# The file's start names its format in several alphabets; ASCII is the second of five.
_SIGNATURE, _SIGNED = b"ASCII SPSS PORT FILE", 240
_LINE, _SPLASH, _ALPHABET, _TAG = 80, 200, 256, b"SPSSPORT"
# The portable alphabet: which letter each place of the file's own alphabet is.
_LETTERS = dict(
    enumerate(
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        b" .<(+|&[]!$*);^-/|,%_>?`:#@'=\"",
        start=64,
    )
) | {162: ord("~"), 184: ord("{"), 185: ord("}"), 186: ord("\\")}
# Places of what numbers and records are written in: digits, letters, and blank . + * - /
_SMALL, _BLANK = 100, 126  # places of the first small letter, and behind the last
_WRITTEN = (*range(64, 128), 130, 137, 141, 142)
_ZERO = 64  # place of the letter that also stands for those that the file cannot write
_NUMBER = re.compile(rb" *(?:\*\.|(-?[0-9A-T]*)(?:\.([0-9A-T]*))?(?:([+-][0-9A-T]+))?/)", re.S)
_MOST_EXPONENT = 260  # digits of base 30; a double ends before
_MOST_COUNT = 10_000_000  # variables, labels, lines or bytes of one text
_NO_NUMBER = 1e308  # what is as large stands for the lowest or highest number
# Codes of display formats; SPSS writes those of dates with 82 added.
_FORMATS = {
    **{1: "A", 2: "AHEX", 3: "COMMA", 4: "DOLLAR", 5: "F", 6: "IB", 7: "PIBHEX", 8: "P"},
    **{9: "PIB", 10: "PK", 11: "RB", 12: "RBHEX", 15: "Z", 16: "N", 17: "E", 20: "DATE"},
    **{21: "TIME", 22: "DATETIME", 23: "ADATE", 24: "JDATE", 25: "DTIME", 26: "WKDAY"},
    **{27: "MONTH", 28: "MOYR", 29: "QYR", 30: "WKYR", 31: "PCT", 32: "DOT", 33: "CCA"},
    **{34: "CCB", 35: "CCC", 36: "CCD", 37: "CCE", 38: "EDATE", 39: "SDATE", 41: "YMDHMS"},
    **{85: "MTIME", 86: "YMDHMS"},
}
_ADDED_TO_DATES = 82
_WITH_DECIMALS = {"COMMA", "DOLLAR", "F", "Z", "N", "E", "PCT", "DOT"}


@dataclass
class _Cursor:
    """A place in the body of a file."""

    body: bytes
    at: int = 0

    def tag(self) -> bytes:
        """Return the next letter, and stay."""
        return self.body[self.at : self.at + 1]

    def number(self) -> float:
        """Read a number of base 30; NaN for system-missing."""
        found = _NUMBER.match(self.body, self.at)
        if not found:
            raise ValueError(f"no number at byte {self.at}")
        self.at = found.end()
        return _value(*found.groups())

    def count(self) -> int:
        """Read a whole number of at least 0."""
        number = self.number()
        if not (0 <= number <= _MOST_COUNT and number.is_integer()):
            raise ValueError(f"no count before byte {self.at}")
        return int(number)

    def text(self) -> bytes:
        """Read a text behind its length."""
        length = self.count()
        if self.at + length > len(self.body):
            raise ValueError("it breaks off in a text")
        self.at += length
        return self.body[self.at - length : self.at]


@dataclass
class _Dictionary:
    """What stands before the data; texts are undecoded."""

    names: list[bytes] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    labels: dict[bytes, bytes] = field(default_factory=dict)
    missing: dict[bytes, list[tuple[float | bytes, float | bytes]]] = field(default_factory=dict)
    value_labels: dict[bytes, list[tuple[float | bytes, bytes]]] = field(default_factory=dict)
    notes: list[bytes] = field(default_factory=list)
    weight: bytes = b""


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is an SPSS portable file."""
    return _SIGNATURE in head[:_SIGNED]


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a .por file; its letters beyond ASCII are in no declared code page.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.
    """
    try:
        cursor = _Cursor(_body(path.read_bytes()))
        found = _dictionary(cursor)
        columns = _columns(cursor, found.widths)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    decision = _decision(found, columns, encoding)
    page = decision.encoding
    names = [decoded(name, page)[0] for name in found.names]
    check_names(path, names)
    lost: Counter[str] = Counter()
    marked: dict[str, list[int]] = {}
    arrays = [
        _texts(name, cells, page, marked) if width else _numbers(name, cells, shown, lost)
        for name, cells, width, shown in zip(
            names, columns, found.widths, found.formats, strict=True
        )
    ]
    values = pa.table(dict(zip(names, arrays, strict=True)))
    table = LabelledTable(
        path=path,
        values=values.slice(0, 0),
        variables=tuple(_variable(found, at, page) for at in range(len(names))),
        encoding=page,
        notes=tuple(decoded(note, page)[0].rstrip() for note in found.notes),
        weight=names[found.names.index(found.weight)] if found.weight in found.names else "",
        assumptions=(*decision.remarks, *_faulty_labels(found, page)),
    )
    remarks = (*impossible_dates(lost), *undecoded_texts(marked, page))
    return Scan(
        table,
        values.num_rows,
        lambda chosen, size: slices(values, chosen, size),
        lambda: remarks,
    )


# The file


def _body(content: bytes) -> bytes:
    """Return what stands from the tag on, in ASCII, without the division into lines.

    Blanks at the end of a line are often lost on the way. A longer line has lost its end, as all
    behind it would be moved.
    """
    *lines, last = content.splitlines()
    if lines and max(map(len, lines)) > _LINE:
        raise ValueError(f"a line has more than {_LINE} letters")
    body = b"".join(line.ljust(_LINE) for line in lines) + last
    alphabet = body[_SPLASH : _SPLASH + _ALPHABET]
    if len(alphabet) < _ALPHABET:
        raise ValueError("it breaks off in its alphabet")
    _check_alphabet(alphabet)
    ascii_ = bytearray(range(256))
    known: set[int] = set()
    for place, letter in _LETTERS.items():
        byte = alphabet[place]
        if byte not in known and (byte != alphabet[_ZERO] or place == _ZERO):
            ascii_[byte] = letter
            known.add(byte)
    return body[_SPLASH + _ALPHABET :].translate(ascii_)


def _check_alphabet(alphabet: bytes) -> None:
    """Refuse a table in which two letters share a byte, or some are of ASCII and some are not.

    Its numbers and records would be others. Small letters may be absent; marks of which
    programs write others, as PSPP its #, make no number.
    """
    own = {
        place: alphabet[place]
        for place in _WRITTEN
        if not _SMALL <= place < _BLANK or alphabet[place] != alphabet[_ZERO]
    }
    in_ascii = {byte == _LETTERS[place] for place, byte in own.items()}
    if len(set(own.values())) < len(own) or len(in_ascii) > 1:
        raise ValueError("its table of letters is damaged")


def _dictionary(cursor: _Cursor) -> _Dictionary:
    """Read all records before the data."""
    if not cursor.body.startswith(_TAG):
        raise ValueError("its tag is not where it should be")
    cursor.at = len(_TAG) + 1  # and the version
    cursor.text(), cursor.text()  # date and time
    found = _Dictionary()
    while (tag := cursor.tag()) != b"F":
        cursor.at += 1
        if tag in (b"1", b"2", b"3"):  # product, author and kind of product
            cursor.text()
        elif tag in (b"4", b"5"):  # number of variables, and of digits
            cursor.count()
        elif tag == b"6":
            found.weight = cursor.text()
        elif tag == b"7":
            _read_variable(cursor, found)
        elif tag in (b"8", b"9", b"A", b"B") and found.names:
            _read_missing(cursor, found, tag)
        elif tag == b"C" and found.names:
            found.labels[found.names[-1]] = cursor.text()
        elif tag == b"D":
            _read_value_labels(cursor, found)
        elif tag == b"E":
            found.notes += [cursor.text() for _ in range(cursor.count())]
        else:
            raise ValueError(f"record of unknown kind {tag!r}")
    cursor.at += 1
    if not found.names:
        raise ValueError("it has no variables")
    return found


def _read_variable(cursor: _Cursor, found: _Dictionary) -> None:
    found.widths.append(cursor.count())
    found.names.append(cursor.text())
    kind, width, decimals = (cursor.count() for _ in range(3))
    kinds = [kind, *(cursor.count() for _ in range(3))][:2]  # to show and to write
    shown, written = (_FORMATS.get(k, _FORMATS.get(k - _ADDED_TO_DATES)) for k in kinds)
    if not (shown and written):
        raise ValueError(f"variable {len(found.names)} has a display format that there is not")
    point = f".{decimals}" if shown in _WITH_DECIMALS or decimals else ""
    found.formats.append(f"{shown}{width}{point}")


def _read_missing(cursor: _Cursor, found: _Dictionary, tag: bytes) -> None:
    """Read a code that is missing (8), or a range: to a code (9), from one (A), or both (B)."""
    is_text = bool(found.widths[-1])
    first = _read_code(cursor, is_text)
    last = _read_code(cursor, is_text) if tag == b"B" else first
    low = -math.inf if tag == b"9" else first
    high = math.inf if tag == b"A" else last
    # PSPP 1.6 writes the highest number where the lower end of an open range should be.
    if tag != b"A" or isinstance(first, bytes) or first < _NO_NUMBER:
        found.missing.setdefault(found.names[-1], []).append((low, high))


def _read_value_labels(cursor: _Cursor, found: _Dictionary) -> None:
    names = [cursor.text() for _ in range(cursor.count())]
    if not names or not set(names) <= set(found.names):
        raise ValueError("labels belong to a variable that does not exist")
    is_text = bool(found.widths[found.names.index(names[0])])
    labels = [(_read_code(cursor, is_text), cursor.text()) for _ in range(cursor.count())]
    found.value_labels |= dict.fromkeys(names, labels)


def _read_code(cursor: _Cursor, is_text: bool) -> float | bytes:
    return cursor.text() if is_text else cursor.number()


def _columns(cursor: _Cursor, widths: Sequence[int]) -> list[list[float | bytes]]:
    """Read the data, a list a variable, to the letters that end them."""
    columns: list[list[float | bytes]] = [[] for _ in widths]
    readers = [cursor.text if width else cursor.number for width in widths]
    while cursor.tag() != b"Z":
        for cells, read in zip(columns, readers, strict=True):
            cells.append(read())
    return columns


def _value(whole: bytes | None, fraction: bytes | None, exponent: bytes | None) -> float:
    """Return the double nearest to a number of base 30."""
    if whole is None:
        return math.nan
    number = int(whole + (fraction or b""), 30)
    power = int(exponent or b"0", 30) - len(fraction or b"")
    if abs(power) > _MOST_EXPONENT:
        raise ValueError("a number is larger or smaller than any")
    try:
        return float(number * 30**power) if power >= 0 else number / 30**-power
    except OverflowError:
        return math.copysign(math.inf, number)


# What it means


def _decision(
    found: _Dictionary, columns: Sequence[Sequence[float | bytes]], encoding: str | None
) -> Decision:
    """Decide on the code page of letters beyond ASCII; the format knows none."""
    cells = {cell for cells in columns for cell in cells if isinstance(cell, bytes)}
    special = [text for text in (*_labels(found), *sorted(cells)) if not text.isascii()]
    if not special and encoding is None:
        return Decision("ASCII")
    return decide(None, special, encoding)


def _labels(found: _Dictionary) -> Iterator[bytes]:
    yield from (*found.names, *found.labels.values(), *found.notes)
    yield from (label for labels in found.value_labels.values() for _, label in labels)


def _faulty_labels(found: _Dictionary, page: str) -> tuple[Remark, ...]:
    return undecoded_labels(sum(not decoded(label, page)[1] for label in _labels(found)), page)


def _variable(found: _Dictionary, at: int, page: str) -> Variable:
    name = found.names[at]

    def code(of: float | bytes) -> float | str:
        return decoded(of, page)[0].rstrip() if isinstance(of, bytes) else of

    return Variable(
        name=decoded(name, page)[0],
        label=decoded(found.labels.get(name, b""), page)[0],
        value_labels=tuple(
            (code(of), decoded(label, page)[0]) for of, label in found.value_labels.get(name, [])
        ),
        user_missing=tuple(
            MissingRange(code(low), code(high)) for low, high in found.missing.get(name, [])
        ),
        format=found.formats[at],
    )


def _texts(
    name: str, cells: Sequence[float | bytes], page: str, marked: dict[str, list[int]]
) -> pa.Array:
    """Return texts, shape (n,); a blank one is missing."""
    texts = []
    for row, cell in enumerate(cells, start=1):
        text, whole = decoded(bytes(cell) if isinstance(cell, bytes) else b"", page)
        texts.append(text.rstrip(" ") or None)
        if not whole:
            marked.setdefault(name, []).append(row)
    return pa.array(texts, pa.string())


def _numbers(name: str, cells: Sequence[float | bytes], shown: str, lost: Counter[str]) -> pa.Array:
    """Return numbers or what they count in the display format, shape (n,)."""
    numbers = np.array(cells, dtype=np.float64)
    missing = ~(np.abs(numbers) < _NO_NUMBER)
    kind = column(shown)
    if kind.clock is None:
        return arrow(numbers, missing)
    convert = dates if kind.kind == "date" else timestamps
    array = convert(np.where(missing, np.nan, numbers), kind.clock)
    lost[name] += array.null_count - int(missing.sum())
    return array
