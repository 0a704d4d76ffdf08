"""What an SPSS system file's header says beyond what pyreadstat shows.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, NamedTuple

from advocacy.errors import FileFormatError
from advocacy.responses.code_pages.pages import known_page

_LAYOUT, _COMPRESSION, _FIRST_RECORD = 64, 72, 176
_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
_CONTINUATION = -1  # width of the entries that a text takes beyond its first eight bytes
# Kinds of extension record.
_INTEGERS, _FLOATS, _SETS, _LONG_NAMES, _LONG_TEXTS = 3, 4, 7, 13, 14
_NEW_SETS, _CODE_PAGE = 19, 20
_NO_ANSWER = 1e308  # what is larger is no answer
# System-missing, highest and lowest number, which the format fixes. A file that declares other
# ones (0, for one) does not make answers missing; what is as large is no answer.
_SYSTEM_MISSING, _HIGHEST = -1.7976931348623157e308, 1.7976931348623157e308
_LOWEST = -1.7976931348623155e308
_SEGMENT = 252  # bytes that each of the variables holds that a longer text is divided into
_LONGEST_TEXT, _MOST_MISSING = 255, 3  # of one variable record
# Bytes of values that one byte of the file can stand for, by the header's kind of compression:
# none, a command byte for eight bytes, zlib (1032 is its limit).
ZLIB, _ZLIB_MAGIC, _ZLIB_LIMIT = 2, b"$FL3", 1_100
_EXPANSION = {0: 1, 1: 8, ZLIB: 8 * _ZLIB_LIMIT}
_BIAS = 84  # offset of the number that command bytes are counted from
USUAL_BIAS = 100.0
_TEXT_FORMATS = (1, 2)  # A and AHEX
_PLAIN_FORMAT = 5 << 16 | 8 << 8 | 2  # F8.2
_PLAIN_TEXT = 1 << 16  # A, without its width
_EIGHT_BITS = 3
_MOST_DICTIONARY = 256 * 2**20  # bytes; far more than any real dictionary

Edit = tuple[int, bytes]


class Block(NamedTuple):
    """A compressed block of a .zsav file; offsets and sizes in bytes."""

    unpacked_at: int
    offset: int
    plain: int
    packed: int


class Place(NamedTuple):
    """Where the values of a variable stand in a row, in words of eight bytes.

    Parameters
    ----------
    first
        Number of its first word, from 0.
    parts
        Words of each part of a text: longer ones are divided into several. None of a number.
    """

    first: int
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Header:
    """Fields of the header and of the dictionary's extension records.

    Parameters
    ----------
    order
        Order of bytes, as `struct` writes it.
    compression
        Kind of compression: 0 none, 1 a command byte a value, 2 zlib.
    bias
        Number that command bytes are counted from; that of all programs is 100.
    rows
        Number of cases; -1 where the writer did not know it.
    values
        Values of eight bytes in a row.
    weight
        Dictionary entry of the weight variable; 0 for none.
    entries
        Short name and 1-based dictionary entry of each variable, without the parts after the
        first of a text that is divided into several.
    places
        Where the values of each of these variables stand.
    long_names
        Long name of each short name in capitals, undecoded.
    response_sets
        Records of the multiple-response sets, undecoded.
    declared
        Name or number of the code page that the file declares; None for none.
    wrong_missing
        Number that the file declares as system-missing though it can be an answer; None for
        none.
    end
        Offset of the record that ends the dictionary, bytes.
    mended
        Offsets, and the bytes to put there, that put right what the format fixes, without
        moving anything.
    """

    order: str
    compression: int
    bias: float
    rows: int
    values: int
    weight: int
    entries: tuple[tuple[bytes, int], ...]
    places: tuple[Place, ...]
    long_names: dict[bytes, bytes]
    response_sets: tuple[bytes, ...]
    declared: str | int | None
    wrong_missing: float | None
    end: int
    mended: tuple[Edit, ...]

    def names(self) -> tuple[bytes, ...]:
        """Return the name of each variable, undecoded: the long one where there is one."""
        return tuple(self.long_names.get(short.upper(), short) for short, _ in self.entries)


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
            if header.compression == ZLIB:
                blocks(file, header)
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
    if compression not in _EXPANSION or (content[:4] == _ZLIB_MAGIC) != (compression == ZLIB):
        raise ValueError(f"its compression, {compression}, is none that such a file has")
    variables, mended, values, at = _variables(content, order)
    if rows * values * 8 > size * _EXPANSION[compression]:
        raise ValueError(f"{rows} rows do not fit into the file")
    extensions, at = _extensions(content, order, at, values)
    found = {kind: content[start : start + length] for kind, (start, length) in extensions.items()}
    names = (pair.partition(b"=") for pair in found.get(_LONG_NAMES, b"").split(b"\t"))
    variables = list(_without_parts(variables, found.get(_LONG_TEXTS, b"")))
    return Header(
        order=order,
        compression=compression,
        bias=struct.unpack_from(f"{order}d", content, _BIAS)[0],
        rows=rows,
        values=values,
        weight=weight,
        entries=tuple((short, place.first + 1) for short, place in variables),
        places=tuple(place for _, place in variables),
        long_names={short.upper(): long for short, _, long in names if short},
        response_sets=tuple(found[kind] for kind in (_SETS, _NEW_SETS) if kind in found),
        declared=_declared(found, order),
        wrong_missing=_wrong_missing(found, order),
        end=at,
        mended=(*mended, *_fixed_numbers(extensions, found, order)),
    )


def _fixed_numbers(
    extensions: dict[int, tuple[int, int]], found: dict[int, bytes], order: str
) -> Iterator[Edit]:
    """Yield what puts the declared system-missing, highest and lowest number right."""
    fixed = struct.pack(f"{order}3d", _SYSTEM_MISSING, _HIGHEST, _LOWEST)
    if len(found.get(_FLOATS, b"")) >= len(fixed) and found[_FLOATS][: len(fixed)] != fixed:
        yield extensions[_FLOATS][0], fixed


def _wrong_missing(found: dict[int, bytes], order: str) -> float | None:
    numbers = found.get(_FLOATS, b"")
    declared = struct.unpack_from(f"{order}d", numbers)[0] if len(numbers) >= 8 else math.nan
    return declared if abs(declared) < _NO_ANSWER else None


def _variables(content: mmap, order: str) -> tuple[list[tuple[bytes, Place]], list[Edit], int, int]:
    """Return short names with their places, edits, values a row, and the end."""
    variables: list[tuple[bytes, Place]] = []
    mended, values, due, at = [], 0, 0, _FIRST_RECORD
    while struct.unpack_from(f"{order}i", content, at)[0] == _VARIABLE:
        width, has_label, n_missing, shown = struct.unpack_from(f"{order}4i", content, at + 4)
        if not _CONTINUATION <= width <= _LONGEST_TEXT or abs(n_missing) > _MOST_MISSING:
            raise ValueError("a variable of impossible width or number of missing codes")
        # A text has an entry for each eight bytes; PSPP, too, refuses more or fewer.
        if (width == _CONTINUATION) != (due > 0):
            raise ValueError("a text variable is longer or shorter than it says")
        words = -(-width // 8)  # of a text
        due = due - 1 if due else max(words - 1, 0)
        format_ = shown >> 16 & 0xFF
        if width >= 0 and not format_:  # none, as some programs write it
            usual = _PLAIN_TEXT | width << 8 if width else _PLAIN_FORMAT
            mended.append((at + 16, struct.pack(f"{order}2i", usual, usual)))
        elif width >= 0 and (width > 0) != (format_ in _TEXT_FORMATS):
            raise ValueError("a variable has the format of another kind")  # ReadStat crashes
        if width != _CONTINUATION:
            place = Place(values, (words,) if words else ())
            variables.append((content[at + 24 : at + 32].rstrip(b"\0 "), place))
        values += 1
        at += 32
        if has_label:
            (length,) = struct.unpack_from(f"{order}I", content, at)
            at += 4 + -(-length // 4) * 4
        at += 8 * abs(n_missing)
    if due:
        raise ValueError("the last text variable is shorter than it says")
    return variables, mended, values, at


def _extensions(
    content: mmap, order: str, at: int, values: int
) -> tuple[dict[int, tuple[int, int]], int]:
    """Return start and length of each kind of extension record, and the dictionary's end."""
    found: dict[int, tuple[int, int]] = {}
    while (kind := struct.unpack_from(f"{order}i", content, at)[0]) != _END:
        if kind == _EXTENSION:
            subtype, size, count = struct.unpack_from(f"{order}iII", content, at + 4)
            if size < 1 or size * count > len(content) - at:
                raise ValueError(f"extension record {subtype} is longer than the file")
            found[subtype] = at + 16, size * count
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


def _without_parts(
    variables: list[tuple[bytes, Place]], content: bytes
) -> Iterator[tuple[bytes, Place]]:
    """Yield the variables, the parts of long texts joined to one.

    Raises ValueError when parts are not there: ReadStat crashes on such files.
    """
    pairs = (text.partition(b"=") for text in content.split(b"\t"))
    divided = {
        name.upper(): -(-int(length.rstrip(b"\0 ") or 0) // _SEGMENT) for name, _, length in pairs
    }
    at = 0
    while at < len(variables):
        name, place = variables[at]
        own = variables[at : at + max(divided.get(name.upper(), 1), 1)]
        yield name, Place(place.first, tuple(words for _, one in own for words in one.parts))
        at += max(divided.get(name.upper(), 1), 1)
    if at > len(variables):
        raise ValueError("a long text has fewer parts than it says")


def blocks(file: BinaryIO, header: Header) -> list[Block]:
    """Return the compressed blocks of a .zsav file, from the table that stands after them.

    Raises ValueError where the table does not fit the file: each block begins where the one
    before it ends, in the file and unpacked, and the table names the bias again.
    """
    size = file.seek(0, SEEK_END)
    start = header.end + 8  # the record that ends the dictionary has a filler
    file.seek(start)
    own, at, length = struct.unpack(f"{header.order}3q", file.read(24))
    if own != start or not start + 24 <= at <= at + length <= size:
        raise ValueError("the table of blocks is not in the file")
    file.seek(at)
    table, after = file.read(length), file.read()
    bias, _, _, count = struct.unpack_from(f"{header.order}2q2i", table)
    if length != 24 * (count + 1):
        raise ValueError(f"the table of blocks does not hold {count} blocks")
    if bias != -header.bias or after.strip(b"\0"):
        raise ValueError("the table of blocks does not fit the header, or is not at the end")
    found = [Block(*b) for b in struct.iter_unpack(f"{header.order}2q2i", table[24:])]
    unpacked_at, offset = start, start + 24
    for block in found:
        if (block.unpacked_at, block.offset) != (unpacked_at, offset) or block.packed < 0:
            raise ValueError("a block is not where the one before it ends")
        if not 0 <= block.plain <= block.packed * _ZLIB_LIMIT:
            raise ValueError("a block is larger than zlib can make it")
        unpacked_at, offset = unpacked_at + block.plain, offset + block.packed
    if offset != at:
        raise ValueError("the table of blocks is not where the last block ends")
    return found


def _after_labels(content: mmap, order: str, at: int) -> int:
    (count,) = struct.unpack_from(f"{order}I", content, at + 4)
    at += 8
    for _ in range(count):  # a value, the label's length, and the label padded to eight bytes
        at += 8 + (content[at + 8] + 8) // 8 * 8
    return at


def _declared(found: dict[int, bytes], order: str) -> str | int | None:
    named = found.get(_CODE_PAGE, b"").rstrip(b"\0 ").decode("ascii", errors="replace")
    integers = found.get(_INTEGERS, b"")
    number = struct.unpack_from(f"{order}i", integers, 28)[0] if len(integers) >= 32 else 0
    # A name beyond ASCII is damaged, and the number may be: the texts decide, and it is said.
    if named and (known_page(named) or not known_page(number) or not named.isascii()):
        return named
    # 3 is "8-bit ASCII": SPSS's way of not saying which page.
    return number if number not in (0, _EIGHT_BITS) else None
