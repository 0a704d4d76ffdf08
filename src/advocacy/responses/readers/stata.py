"""Stata files: .dta of every version since 8."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal

from advocacy.remarks import Remark
from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import Column, Kind, damaged
from advocacy.responses.readers.packages import scan_package
from advocacy.responses.readers.scan import Scan

_SECONDS_1960_TO_1970 = 315_619_200.0
_OLD_VERSIONS = range(104, 116)  # the first byte; newer files start with a tag
_ORDERS: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
_BYTE_ORDERS, _FILE_TYPE = (1, 2), 1
_RELEASE = re.compile(rb"<stata_dta><header><release>(\d+)<")
# Of files that start with a tag: the order of bytes, the variables and the rows; and the parts,
# whose places the map behind the header has, as it has that of the file's end.
_HEADER = re.compile(
    rb"<stata_dta><header><release>\d+</release><byteorder>(LSF|MSF)</byteorder>"
    rb"<K>(.{2}|.{4})</K><N>(.{4}|.{8})</N>.*?</header>(?=<map>(.{112})</map>)",
    re.DOTALL,
)
_MOST_HEADER = 2**16  # bytes, map included
_PARTS = (
    *("stata_dta", "map", "variable_types", "varnames", "sortlist", "formats"),
    *("value_label_names", "variable_labels", "characteristics", "data", "strls"),
    *("value_labels", "/stata_dta"),
)
_TYPES, _DATA, _STRLS = (_PARTS.index(part) for part in ("variable_types", "data", "strls"))
# Bytes of a value by its type; of texts the type itself, and of long ones that of their place.
_WIDTHS = {32_768: 8, 65_526: 8, 65_527: 4, 65_528: 4, 65_529: 2, 65_530: 1}
_FIRST_IN_UTF_8 = 118  # Stata 14; files of earlier versions do not say their code page
# Start of a display format: how the number counts since 1960. Weeks, months, quarters and
# years stay numbers: they name no day.
_FORMATS: dict[str, tuple[Kind, float]] = {
    "%td": ("date", 86_400.0),
    "%d": ("date", 86_400.0),
    "%tc": ("moment", 0.001),
    "%tC": ("moment", 0.001),
}


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a Stata file."""
    if head.startswith(b"<stata_dta>"):
        return True
    # The fourth byte is not used, and some programs write it.
    old = len(head) > 3 and head[0] in _OLD_VERSIONS and head[1] in _BYTE_ORDERS
    return old and head[2] == _FILE_TYPE


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a Stata file; its extended missing values ``.a`` to ``.z`` become missing.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.

    Notes
    -----
    R equivalent: ``haven::read_dta(path)``.
    """
    import pyreadstat  # here, as other formats do without it

    with path.open("rb") as file:
        release = _RELEASE.match(file.read(64))
        if release:
            _check_parts(path, file)
    declared = "UTF-8" if release and int(release.group(1)) >= _FIRST_IN_UTF_8 else None
    opened = scan_package(path, pyreadstat.read_dta, column, declared, encoding)
    remark = Remark("stata.extended_missing")
    table = replace(opened.table, assumptions=(*opened.table.assumptions, remark))
    return replace(opened, table=table)


def _check_parts(path: Path, file: BinaryIO) -> None:
    """Refuse a file whose parts stand elsewhere than its map says, or whose data are not its rows.

    Layout: https://www.stata.com/help.cgi?dta
    """
    file.seek(0)
    size = path.stat().st_size
    header = _HEADER.match(file.read(_MOST_HEADER))
    if not header:
        raise damaged(path, "its header is not as Stata writes it")
    order = "<" if header[1] == b"LSF" else ">"
    places = struct.unpack(f"{order}14q", header[4])
    for part, place in zip(_PARTS, places, strict=False):
        file.seek(min(max(place, 0), size))  # systems refuse one that no file has
        if file.read(len(part) + 2) != f"<{part}>".encode():
            raise damaged(path, f"its part <{part}> does not stand where its map says")
    if places[-1] != size:
        raise damaged(path, "it does not end where its map says")
    variables, rows = (int.from_bytes(n, _ORDERS[order]) for n in header.group(2, 3))
    file.seek(places[_TYPES] + len("<variable_types>"))
    if 2 * variables > size - file.tell():
        raise damaged(path, f"it says that it has {variables} variables, more than it has room for")
    types = struct.unpack(f"{order}{variables}H", file.read(2 * variables))
    given = places[_STRLS] - places[_DATA] - len("<data></data>")
    if given != (expected := rows * sum(_WIDTHS.get(kind, kind) for kind in types)):
        raise damaged(path, f"its {rows} rows take {expected} bytes, but there are {given}")


def column(display: str, is_text: bool) -> Column:
    """Return what the values of a variable with this display format are."""
    if is_text:
        return Column("text")
    display = display.replace("%-", "%")  # a minus sets it to the left
    for start, (kind, seconds) in _FORMATS.items():
        if display.startswith(start) and not display[len(start) :][:1].isdigit():
            return Column(kind, Clock(_SECONDS_1960_TO_1970, seconds))
    return Column("number")
