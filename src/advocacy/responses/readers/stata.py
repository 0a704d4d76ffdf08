"""Stata files: .dta of every version since 8."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from advocacy.remarks import Remark
from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import Column, Kind
from advocacy.responses.readers.packages import scan_package
from advocacy.responses.readers.scan import Scan

_SECONDS_1960_TO_1970 = 315_619_200.0
_OLD_VERSIONS = range(104, 116)  # the first byte; newer files start with a tag
_BYTE_ORDERS, _FILE_TYPE = (1, 2), 1
_RELEASE = re.compile(rb"<stata_dta><header><release>(\d+)<")
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
    declared = "UTF-8" if release and int(release.group(1)) >= _FIRST_IN_UTF_8 else None
    opened = scan_package(path, pyreadstat.read_dta, column, declared, encoding)
    remark = Remark("stata.extended_missing")
    table = replace(opened.table, assumptions=(*opened.table.assumptions, remark))
    return replace(opened, table=table)


def column(display: str, is_text: bool) -> Column:
    """Return what the values of a variable with this display format are."""
    if is_text:
        return Column("text")
    display = display.replace("%-", "%")  # a minus sets it to the left
    for start, (kind, seconds) in _FORMATS.items():
        if display.startswith(start) and not display[len(start) :][:1].isdigit():
            return Column(kind, Clock(_SECONDS_1960_TO_1970, seconds))
    return Column("number")
