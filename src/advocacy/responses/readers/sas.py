"""SAS data sets: .sas7bdat."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

from advocacy.responses.readers.moments import Clock
from advocacy.responses.readers.native import Column, damaged
from advocacy.responses.readers.packages import scan_package
from advocacy.responses.readers.scan import Scan

# https://cran.r-project.org/package=sas7bdat, vignette "SAS7BDAT Database Binary Format".
_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_SECONDS_1960_TO_1970 = 315_619_200.0
# Offsets in the header: bytes that say how wide its numbers are, the order of their bytes, the
# number of the code page (0 stands for none), and where sizes of header and pages would stand.
_LONG, _SHIFTED, _LITTLE, _ENCODING, _SIZES = 32, 35, 37, 70, 196
_HEAD = 216  # bytes that hold them all
_WIDE = 0x33
# Where a page has its type, in files of narrow and of wide numbers; and the types: dictionary,
# data, both, amendments, more of the dictionary, compressed. A bit tells of rows that were deleted.
_TYPE_NARROW, _TYPE_WIDE = 16, 32
_PAGE_TYPES, _DELETED = {0, 0x100, 0x200, 0x400, 0x4000, 0x9000}, 0x80
_DOS = (437, 850, 852, 857, 858, 862, 864, 865, 866, 869, 874)
_PAGES = {
    20: "UTF-8",
    28: "ASCII",
    **{28 + part: f"ISO-8859-{part}" for part in range(1, 12)},
    40: "ISO-8859-15",
    **{41 + at: f"cp{page}" for at, page in enumerate(_DOS)},
    56: "cp737",
    57: "cp775",
    58: "cp860",
    59: "cp863",
    **{60 + part: f"windows-{1250 + part}" for part in range(9)},
    118: "cp950",
    123: "Big5",
    125: "GB18030",
    126: "cp936",
    134: "EUC-JP",
    136: "cp932",
    138: "cp932",
    140: "EUC-KR",
    141: "cp949",
    142: "cp949",
    204: "windows-1252",
    205: "GB18030",
    227: "ISO-8859-14",
    242: "ISO-8859-13",
    246: "mac-cyrillic",
}
# SAS's own formats; a user's, which names codes, may begin like one of them.
# https://documentation.sas.com/doc/en/pgmsascdc/v_063/leforinforref, "Formats by category"
_DATES = re.compile(
    r"DATE|DAY|DOWNAME|JUL(DAY|IAN)|MON(NAME|TH|YY)|QTRR?|(WEEK|WORD)DAT[EX]|WEEKDAY|YEAR|YYMON"
    r"|(YY)?WEEK[UVW]|(DDMMYY|MMDDYY|YYMMDD|MMYY|YYMM|YYQR?|YYQZ)[BCDNPS]?|(B|E|IS)8601DA"
    r"|HDATE|HEBDATE|MINGUO|NENGO|EURDF(D[DEN]|M[NY]|W[DK]X)"
    r"|NLDATE(L|M|MD[LMS]?|MN|S|WN?|YM[LMS]?|Y[QRW])?"
)
# E8601DN and its kin show the date of a moment.
_MOMENTS = re.compile(
    r"DATETIME|(DATE|MDY)AMPM|DT(DATE|MONYY|WKDATX|YEAR|YYQC)|EURDFDT"
    r"|[BE]8601(D[NTXZ]|LX)|IS8601D[NTZ]|NLDATM(AP|L|M|MD[LMS]?|MN|S|WN?|YM[LMS]?|Y[QRW])?"
)


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
    import pyreadstat  # here, as other formats do without it

    with path.open("rb") as file:
        head = file.read(_HEAD)
        _check_pages(path, head, file)
    declared = _PAGES.get(head[_ENCODING])
    return scan_package(path, pyreadstat.read_sas7bdat, column, declared, encoding)


def _check_pages(path: Path, head: bytes, file: BinaryIO) -> None:
    """Refuse a file that has more or fewer bytes than its header and pages.

    And one that has a page of a type that there is not, over which readers pass.
    """
    if len(head) < _HEAD:
        raise damaged(path, "it breaks off in its header")
    order = "<" if head[_LITTLE] == 1 else ">"
    numbers = f"{order}II{'Q' if head[_LONG] == _WIDE else 'I'}"
    at = _SIZES + 4 * (head[_SHIFTED] == _WIDE)
    header, page, pages = struct.unpack_from(numbers, head, at)
    length = path.stat().st_size
    if length != header + page * pages:
        raise damaged(
            path,
            f"a header of {header} bytes and {pages} pages of {page} are "
            f"{header + page * pages} bytes, but it has {length}",
        )
    at = _TYPE_WIDE if head[_LONG] == _WIDE else _TYPE_NARROW
    for number in range(pages):
        file.seek(header + page * number + at)
        (kind,) = struct.unpack(f"{order}H", file.read(2))
        if kind & ~_DELETED not in _PAGE_TYPES:
            raise damaged(path, f"its page {number + 1} is of the unknown type {kind:#06x}")


def column(display: str, is_text: bool) -> Column:
    """Return what the values of a variable with this display format are."""
    if is_text:
        return Column("text")
    name = display.upper().rstrip("0123456789.")
    # E8601DA and its kin hold digits inside; the width stands after them.
    if _MOMENTS.fullmatch(name):
        return Column("moment", Clock(_SECONDS_1960_TO_1970, 1.0))
    if _DATES.fullmatch(name):
        return Column("date", Clock(_SECONDS_1960_TO_1970, 86_400.0))
    return Column("number")
