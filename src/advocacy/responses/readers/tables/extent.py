"""Whether a workbook is whole, and how large it is once it is open, before what parses it does.

What parses workbooks goes by no checksum, reads what it can of a broken text, and ends the
process at a cell that no sheet has. A workbook is an archive of packed texts, and a sheet is held
in memory as a rectangle: two cells at the corners of a sheet are 17 billion.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence, Set
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from advocacy.errors import FileFormatError, code_of_system
from advocacy.limits import check_text, limits, size
from advocacy.responses.readers.tables.error_cells import column_place, sheet_part

_BLOCK = 2**20  # bytes read at a time
# Of a cell, and of a row, which has no letters.
_REFERENCES = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^>]*?\br=["']([A-Za-z]*)(\d+)["']""")
_LAST_ROW, _COLUMNS = 1_048_576, 16_384  # of any sheet
_DIGITS, _LETTERS = 7, 3  # that these are written with
_SHOWN = 30  # letters of what stands beyond, in a message
_TEXTS = (".xml", ".rels")
# How an archive says that it is damaged, protected, or packed as nobody packs workbooks.
_BROKEN = (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
_PARSED = "xl/"  # where the parts are that are read
_CELL = 32  # bytes that an empty cell takes
_SHARE = 8  # part of the allowed memory that empty cells may take in any case
_MOST_EMPTY = 100  # cells of the rectangle that there may be for a cell that is given


def check_parts(path: Path) -> None:
    """Refuse a workbook whose texts are damaged, or far longer than they are packed.

    Raises
    ------
    FileFormatError
        See `check_text`; or it is no archive, a text differs from its checksum, or one of those
        that are read is not well-formed.
    """
    try:
        with ZipFile(path) as archive:
            # Pictures and the like are not read.
            texts = [p for p in archive.infolist() if p.filename.lower().endswith(_TEXTS)]
            check_text(path, sum(p.file_size for p in texts), sum(p.compress_size for p in texts))
            for part in texts:
                with archive.open(part) as text:
                    _check_xml(text, path, part.filename)
    except FileFormatError:
        raise
    except _BROKEN as error:
        if code_of_system(error) is not None:
            raise
        raise _damaged(path, str(error)) from error


def _check_xml(text: IO[bytes], path: Path, name: str) -> None:
    """Read a text to its end, which compares its checksum, and parse it where it is ours to read.

    No entity is expanded: workbooks declare none, nor a document type.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_document_type
    is_parsed = name.lower().startswith(_PARSED)
    try:
        while block := text.read(_BLOCK):
            if is_parsed:
                parser.Parse(block)
        if is_parsed:
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _damaged(path, f"its part {name} is not well-formed: {error}") from error


def _refuse_document_type(*_: object) -> None:
    raise ValueError("it declares a document type")


def _damaged(path: Path, why: str) -> FileFormatError:
    return FileFormatError(
        f"The workbook cannot be read ({why}).",
        where=str(path),
        remedy="Open it in Excel, remove any password, and save it again as .xlsx.",
    )


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
        It names a cell that no sheet has; or its rectangle has more than a hundred cells for one
        that is given, and takes more than an eighth of the memory that is allowed.
    """
    given, rows, columns, row = 0, set[int](), set[bytes](), b""
    try:
        with ZipFile(path) as archive, archive.open(sheet_part(archive, number)) as part:
            rest = b""
            while block := part.read(_BLOCK):
                text = rest + block
                cut = max(text.rfind(b"<"), 0)  # the last tag may not be whole
                text, rest = text[:cut], text[cut:]
                found = _REFERENCES.findall(text)
                of_cells = [one for one in found if one[0]]
                letters, numbers = ({one[at].upper() for one in of_cells} for at in (0, 1))
                _check_reach(letters, numbers | {of for one, of in found if not one}, path)
                row = _check_places(found, row, path)
                given += len(of_cells)
                columns |= letters
                rows |= set(map(int, numbers))
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


def _check_reach(columns: Set[bytes], rows: Set[bytes], path: Path) -> None:
    """Refuse columns and rows beyond the last that a sheet has."""
    beyond = [
        *("column " + one.decode() for one in columns if not _is_column(one)),
        *("row " + one.decode() for one in rows if len(one) > _DIGITS or int(one) > _LAST_ROW),
    ]
    if beyond:
        raise FileFormatError(
            f"The sheet has something in {min(beyond)[:_SHOWN]}, and a sheet ends at column XFD "
            f"and row {_LAST_ROW}.",
            where=str(path),
            remedy="Open it in Excel and save it again, or copy the table to a new workbook.",
        )


def _is_column(letters: bytes) -> bool:
    return len(letters) <= _LETTERS and column_place(letters.decode()) < _COLUMNS


def _check_places(references: Sequence[tuple[bytes, bytes]], row: bytes, path: Path) -> bytes:
    """Refuse a cell that says it is in another row than it stands in; return the last row.

    ``row`` is the one in which the first cells stand; empty where rows do not say which they are.
    """
    for letters, digits in references:
        if not letters:
            row = digits
        elif digits != row and row:
            raise _damaged(
                path, f"the sheet has a cell of row {digits.decode()} in row {row.decode()}"
            )
    return row
