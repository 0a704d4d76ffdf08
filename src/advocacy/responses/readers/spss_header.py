"""What an SPSS system file's header says beyond what pyreadstat shows.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from advocacy.errors import FileFormatError

_LAYOUT, _CASE_SIZE, _COMPRESSION, _CASES, _FIRST_RECORD = 64, 68, 72, 80, 176
_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
_CONTINUATION = -1  # width of the entries that a text takes beyond its first eight bytes
# Kinds of extension record, and one that no reader knows.
_INTEGERS, _LONG_NAMES, _LONG_TEXTS, _CODE_PAGE, _LONG_MISSING = 3, 13, 14, 20, 22
_UNKNOWN = 9_999
_SEGMENT = 252  # bytes that each of the variables holds that a longer text is divided into
# A number and a text that stand in no survey, to take the place of user-missing codes.
_NO_NUMBER, _NO_TEXT = -1.234567890123e300, b"\1\2\3\4\5\6\7\1"
_LONGEST_TEXT, _MOST_MISSING = 255, 3  # of one variable record
# Bytes of values that one byte of the file can stand for, by the header's kind of compression:
# none, a command byte for eight bytes, zlib (1032 is its limit).
_ZLIB, _ZLIB_MAGIC, _ZLIB_LIMIT = 2, b"$FL3", 1_100
_EXPANSION = {0: 1, 1: 8, _ZLIB: 8 * _ZLIB_LIMIT}
_TEXT_FORMATS = (1, 2)  # A and AHEX
_PLAIN_FORMAT = 5 << 16 | 8 << 8 | 2  # F8.2
_MOST_DICTIONARY = 256 * 2**20  # bytes; far more than any real dictionary
# Numbers that stand for an encoding; others are Windows code pages.
_CODES = {2: "ASCII", 65001: "UTF-8", 28591: "ISO-8859-1"}


@dataclass(frozen=True)
class Header:
    """Fields of the header and of the dictionary's extension records.

    Parameters
    ----------
    order
        Order of bytes, as `struct` writes it.
    compression
        Kind of compression: 0 none, 1 a command byte a value, 2 zlib.
    rows
        Number of cases; -1 where the writer did not know it.
    weight
        Short name of the weight variable, undecoded; empty for none.
    entries
        Short name and 1-based dictionary entry of each variable.
    long_names
        Long name of each short name, undecoded.
    declared
        Code page that the file declares; None for none.
    end
        Offset of the record that ends the dictionary, bytes.
    plain
        Offsets, and the bytes to put there, that make every number a plain one and no code
        missing, without moving anything.
    """

    order: str
    compression: int
    rows: int
    weight: bytes
    entries: tuple[tuple[bytes, int], ...]
    long_names: dict[bytes, bytes]
    declared: str | None
    end: int
    plain: tuple[tuple[int, bytes], ...]


def read_header(path: Path) -> Header:
    """Read the header of a .sav or .zsav file.

    Raises
    ------
    FileFormatError
        The dictionary is cut off, holds a record of no known kind, or gives sizes that the file
        cannot have: a library that trusted them would ask for memory that no machine has.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            # Mapped, not read: only the dictionary's pages come into memory.
            with mmap(file.fileno(), min(_MOST_DICTIONARY, size), access=ACCESS_READ) as content:
                header = _parse(content, size)
            if header.compression == _ZLIB:
                _check_blocks(file, header, size)
        return header
    except (struct.error, IndexError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else "its dictionary breaks off"
        raise FileFormatError(
            f"The SPSS file is damaged or incomplete ({why}).",
            where=str(path),
            remedy="Open it in SPSS or PSPP, save it again, and compare the file sizes.",
        ) from error


def _parse(content: mmap, size: int) -> Header:
    order = "<" if content[_LAYOUT : _LAYOUT + 4] in (b"\2\0\0\0", b"\3\0\0\0") else ">"
    compression, weight, rows = struct.unpack_from(f"{order}3i", content, _COMPRESSION)
    if compression not in _EXPANSION or (content[:4] == _ZLIB_MAGIC) != (compression == _ZLIB):
        raise ValueError(f"its compression, {compression}, is none that such a file has")
    entries, plain, values, at = _variables(content, order)
    if rows * values * 8 > size * _EXPANSION[compression]:
        raise ValueError(f"{rows} rows do not fit into the file")
    extensions, at = _extensions(content, order, at, values)
    _check_long_texts(extensions.get(_LONG_TEXTS, b""), [name for name, _ in entries])
    # polars-readstat sets memory aside by this field, which many writers fill carelessly.
    plain.append((_CASE_SIZE, struct.pack(f"{order}i", values)))
    if _LONG_MISSING in extensions:
        start = content.rfind(struct.pack(f"{order}2i", _EXTENSION, _LONG_MISSING), 0, at)
        plain.append((start + 4, struct.pack(f"{order}i", _UNKNOWN)))
    names = (pair.partition(b"=") for pair in extensions.get(_LONG_NAMES, b"").split(b"\t"))
    return Header(
        order=order,
        compression=compression,
        rows=rows,
        weight=next((name for name, entry in entries if entry == weight), b""),
        entries=tuple(entries),
        long_names={short: long for short, _, long in names if short},
        declared=_declared(extensions, order),
        end=at,
        plain=tuple(plain),
    )


def _variables(
    content: mmap, order: str
) -> tuple[list[tuple[bytes, int]], list[tuple[int, bytes]], int, int]:
    """Return short names with their entries, what makes them plain, values a row, and the end."""
    entries, plain, entry, due, at = [], [], 0, 0, _FIRST_RECORD
    while struct.unpack_from(f"{order}i", content, at)[0] == _VARIABLE:
        width, has_label, n_missing, shown = struct.unpack_from(f"{order}4i", content, at + 4)
        if not _CONTINUATION <= width <= _LONGEST_TEXT or abs(n_missing) > _MOST_MISSING:
            raise ValueError("a variable of impossible width or number of missing codes")
        # A text has an entry for each eight bytes; PSPP, too, refuses more or fewer.
        if (width == _CONTINUATION) != (due > 0):
            raise ValueError("a text variable is longer or shorter than it says")
        due = due - 1 if due else max(-(-width // 8) - 1, 0)
        if width != _CONTINUATION and (width > 0) != (shown >> 16 & 0xFF in _TEXT_FORMATS):
            raise ValueError("a variable has the format of another kind")  # ReadStat crashes
        entry += 1
        if width != _CONTINUATION:
            entries.append((content[at + 24 : at + 32].rstrip(), entry))
        if width == 0:  # a number; its formats for printing and writing
            plain.append((at + 16, struct.pack(f"{order}2i", _PLAIN_FORMAT, _PLAIN_FORMAT)))
        at += 32
        if has_label:
            (length,) = struct.unpack_from(f"{order}I", content, at)
            at += 4 + -(-length // 4) * 4
        code = struct.pack(f"{order}d", _NO_NUMBER) if width == 0 else _NO_TEXT
        plain.append((at, code * abs(n_missing)))
        at += 8 * abs(n_missing)
    if due:
        raise ValueError("the last text variable is shorter than it says")
    return entries, plain, entry, at


def _extensions(content: mmap, order: str, at: int, values: int) -> tuple[dict[int, bytes], int]:
    """Return the content of each kind of extension record, and where the dictionary ends."""
    found: dict[int, bytes] = {}
    while (kind := struct.unpack_from(f"{order}i", content, at)[0]) != _END:
        if kind == _EXTENSION:
            subtype, size, count = struct.unpack_from(f"{order}iII", content, at + 4)
            if size < 1 or size * count > len(content) - at:
                raise ValueError(f"extension record {subtype} is longer than the file")
            found[subtype] = content[at + 16 : at + 16 + size * count]
            at += 16 + size * count
        elif kind == _LABELS:
            at = _after_labels(content, order, at)
        elif kind in (_LABELLED, _DOCUMENT):
            (count,) = struct.unpack_from(f"{order}I", content, at + 4)
            if kind == _LABELLED:
                _check_labelled(content, order, at + 8, count, values)
            at += 8 + count * (80 if kind == _DOCUMENT else 4)
        else:
            raise ValueError(f"record of unknown kind {kind}")
    return found, at


def _check_labelled(content: mmap, order: str, at: int, count: int, values: int) -> None:
    """Check that labels belong to variables: ReadStat crashes on others."""
    if count > values:
        raise ValueError("labels belong to more variables than there are")
    if not all(1 <= n <= values for n in struct.unpack_from(f"{order}{count}i", content, at)):
        raise ValueError("labels belong to a variable that does not exist")


def _check_long_texts(content: bytes, names: list[bytes]) -> None:
    """Check that the variables of each long text are there: ReadStat crashes on others."""
    for text in content.split(b"\t"):
        name, _, length = text.partition(b"=")
        segments = -(-int(length.rstrip(b"\0 ") or 0) // _SEGMENT)
        if name in names and names.index(name) + segments > len(names):
            raise ValueError("a long text has fewer parts than it says")


def _check_blocks(file: BinaryIO, header: Header, size: int) -> None:
    """Check the table of compressed blocks, which stands after them."""
    file.seek(header.end + 8)  # the record that ends the dictionary has a filler
    start, at, length = struct.unpack(f"{header.order}3q", file.read(24))
    if start != header.end + 8 or not start + 24 <= at <= at + length <= size:
        raise ValueError("the table of blocks is not in the file")
    file.seek(at)
    table = file.read(length)
    (count,) = struct.unpack_from(f"{header.order}i", table, 20)
    if length != 24 * (count + 1):
        raise ValueError(f"the table of blocks does not hold {count} blocks")
    for block in struct.iter_unpack(f"{header.order}2q2i", table[24:]):
        _, offset, plain, packed = block
        if not start + 24 <= offset <= offset + packed <= at:
            raise ValueError("a block is not in the file")
        if not 0 <= plain <= packed * _ZLIB_LIMIT:
            raise ValueError("a block is larger than zlib can make it")


def _after_labels(content: mmap, order: str, at: int) -> int:
    (count,) = struct.unpack_from(f"{order}I", content, at + 4)
    at += 8
    for _ in range(count):  # a value, the label's length, and the label padded to eight bytes
        at += 8 + (content[at + 8] + 8) // 8 * 8
    return at


def _declared(extensions: dict[int, bytes], order: str) -> str | None:
    if named := extensions.get(_CODE_PAGE, b"").rstrip(b"\0 "):
        return named.decode("ascii", errors="replace")
    integers = extensions.get(_INTEGERS, b"")
    if len(integers) < 32:
        return None
    (code,) = struct.unpack_from(f"{order}i", integers, 28)
    # 3 is "8-bit ASCII": SPSS's way of not saying which page.
    if 1250 <= code <= 1258:
        return f"windows-{code}"
    return _CODES.get(code, f"cp{code}" if 437 <= code < 1200 else None)
