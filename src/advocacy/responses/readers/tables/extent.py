"""How large a workbook is once it is open, before what parses it opens it.

A workbook is an archive of packed texts, and a sheet is held in memory as a rectangle: two cells
at the corners of a sheet are 17 billion.
"""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from advocacy.errors import FileFormatError
from advocacy.limits import check_text, limits, size
from advocacy.responses.readers.tables.error_cells import column_place, sheet_part

_BLOCK = 2**20  # bytes read at a time
_REFERENCES = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_CELL = 32  # bytes that an empty cell takes
_SHARE = 8  # part of the allowed memory that empty cells may take in any case
_MOST_EMPTY = 100  # cells of the rectangle that there may be for a cell that is given


def check_parts(path: Path) -> None:
    """Refuse a workbook whose texts are far longer than they are packed.

    Raises
    ------
    FileFormatError
        See `check_text`; or it is no archive.
    """
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError) as error:
        raise FileFormatError(
            f"The workbook cannot be read ({error}).",
            where=str(path),
            remedy="Open it in Excel, remove any password, and save it again as .xlsx.",
        ) from error
    # Pictures and the like are not read.
    texts = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
    check_text(path, sum(p.file_size for p in texts), sum(p.compress_size for p in texts))


def check_sheet(path: Path, number: int) -> None:
    """Refuse a sheet that reaches far beyond its cells.

    Nothing is checked where the workbook's parts are not named as usual.

    Parameters
    ----------
    number
        Place of the sheet among all of the workbook, from 0.

    Raises
    ------
    FileFormatError
        Its rectangle has more than a hundred cells for one that is given, and takes more than an
        eighth of the memory that is allowed.
    """
    given, rows, columns = 0, set[int](), set[bytes]()
    try:
        with ZipFile(path) as archive, archive.open(sheet_part(archive, number)) as part:
            rest = b""
            while block := part.read(_BLOCK):
                text = rest + block
                cut = max(text.rfind(b"<"), 0)  # the last tag may not be whole
                text, rest = text[:cut], text[cut:]
                found = _REFERENCES.findall(text)
                given += len(found)
                columns |= {letters for letters, _ in found}
                rows |= {int(digits) for _, digits in found}
    except (BadZipFile, KeyError, IndexError):
        return
    if not given:
        return
    last = max(columns, key=lambda letters: column_place(letters.decode())).decode()
    cells = (max(rows) - min(rows) + 1) * (column_place(last) + 1)
    allowed = limits().memory // _SHARE
    if cells * _CELL <= allowed or cells <= given * _MOST_EMPTY:
        return
    raise FileFormatError(
        f"The sheet reaches to column {last} and row {max(rows)}: {cells} cells, of which {given} "
        f"are given. It would take {size(cells * _CELL)}, and the limit is {size(allowed)}.",
        where=str(path),
        remedy="Delete what stands far outside the table, or copy the table to a new workbook.",
    )
