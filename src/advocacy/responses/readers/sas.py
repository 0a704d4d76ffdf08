"""SAS data sets: .sas7bdat."""

from __future__ import annotations

from pathlib import Path

import pyreadstat

from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import Column
from advocacy.responses.readers.packages import scan_package
from advocacy.responses.readers.scan import Scan

# https://cran.r-project.org/package=sas7bdat, vignette "SAS7BDAT Database Binary Format".
_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_SECONDS_1960_TO_1970 = 315_619_200.0
_DATES = (
    *("DATE", "DAY", "DDMMYY", "MMDDYY", "YYMMDD", "JULIAN", "MONYY", "YYMM", "YYQ"),
    *("WEEKDATE", "WORDDATE", "E8601DA", "B8601DA", "NLDATE"),
)
_MOMENTS = ("DATETIME", "E8601DT", "B8601DT", "DATEAMPM", "MDYAMPM", "NLDATM")


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a SAS data set."""
    return head.startswith(_MAGIC)


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a SAS data set; labels of values are in another file, which is not read.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.

    Notes
    -----
    R equivalent: ``haven::read_sas(path)``.
    """
    return scan_package(path, pyreadstat.read_sas7bdat, column, encoding)


def column(display: str, is_text: bool) -> Column:
    """Return what the values of a variable with this display format are."""
    if is_text:
        return Column("text")
    name = display.upper().rstrip("0123456789.")
    # E8601DA and its kin hold digits inside; the width stands after them.
    if name.startswith(_MOMENTS):
        return Column("moment", Clock(_SECONDS_1960_TO_1970, 1.0))
    if name.startswith(_DATES):
        return Column("date", Clock(_SECONDS_1960_TO_1970, 86_400.0))
    return Column("number")
