"""Survey files to `LabelledTable`. A new format is one module and its line in `READERS`.

The content decides which reader is used, never the ending of the file's name.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa

from advocacy.errors import AdvocacyError, FileFormatError, UsageError
from advocacy.reading import ordinary_file, watch
from advocacy.responses.labelled import LabelledTable, without_rows
from advocacy.responses.readers.scan import Batches, Scan

# The module of each format, in the order in which they are asked whether a file is theirs. By name,
# as to read one format takes none of the libraries that the others need.
READERS = {
    "SPSS (.sav, .zsav)": "spss",
    "SPSS portable (.por)": "portable",
    "Stata (.dta)": "stata",
    "SAS (.sas7bdat)": "sas",
    "Excel (.xlsx)": "excel",
    "Parquet": "parquet",
    "delimited text (.csv)": "delimited",
}
_WITH_SHEETS = "Excel (.xlsx)"


class _Reader(Protocol):
    """A module of a format."""

    def recognises(self, head: bytes) -> bool:
        """Tell whether a file with these first bytes is of the format."""
        ...

    def scan(self, path: Path, encoding: str | None = None, *sheet: str) -> Scan:
        """Open a file in a code page or its own; one with sheets, at the sheet of this name."""
        ...


# How protected files begin: SPSS's encrypted ones, and Office's containers.
# https://www.gnu.org/software/pspp/pspp-dev/html_node/Encrypted-File-Wrappers.html
_PROTECTED = (
    (
        re.compile(rb"(?s).{8}ENCRYPTED(?=SAV|POR)"),
        "The SPSS file is protected by a password.",
        "Open it in SPSS with the password and save it without one, "
        "or convert it by PSPP: `pspp-convert -p PASSWORD FILE NEW.sav`.",
    ),
    (
        re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        "The file is an Excel workbook with a password, or one of before Excel 2007.",
        "Open it in Excel, remove any password, and save it as .xlsx.",
    ),
)
_SNIFFED_BYTES = 4096
_BATCH_ROWS = 100_000

__all__ = ["READERS", "Scan", "all_rows", "format_of", "read_labelled", "scan_labelled"]


def read_labelled(
    path: Path, encoding: str | None = None, sheet: str | None = None
) -> LabelledTable:
    """Read a survey file with all that it says about its values.

    Parameters
    ----------
    encoding
        Code page of the file's text; None to go by the file itself.
    sheet
        Name of the sheet of a workbook; None for the first that has a table.

    Raises
    ------
    FileFormatError
        The file is empty, damaged or of no format in `READERS`.
    UsageError
        There is no such code page, or no such sheet.
    """
    return all_rows(scan_labelled(path, encoding, sheet))


def all_rows(scan: Scan, names: Sequence[str] | None = None) -> LabelledTable:
    """Return an open file with all of its rows, of the named variables or of all.

    Raises
    ------
    FileFormatError
        The file is damaged, or has no rows.
    """
    batches = list(scan.batches(names, _BATCH_ROWS))
    if not batches:
        raise without_rows(scan.table.path)
    assumptions = (*scan.table.assumptions, *scan.lost())
    return replace(scan.table, values=pa.concat_tables(batches), assumptions=assumptions)


def scan_labelled(path: Path, encoding: str | None = None, sheet: str | None = None) -> Scan:
    """Open a survey file: its dictionary at once, its values in batches.

    Parameters
    ----------
    encoding
        Code page of the file's text; None to go by the file itself.
    sheet
        Name of the sheet of a workbook; None for the first that has a table.

    Raises
    ------
    FileFormatError
        The file is empty, damaged or of no format in `READERS`; by its batches, it has changed
        since it was opened.
    UsageError
        There is no such code page, or no such sheet.
    """
    _check_encoding(encoding)
    refuse_changed = watch(path)
    opened = _opened(path, encoding, sheet)
    if opened.rows == 0:
        raise without_rows(path)
    return replace(opened, batches=_of_one_file(opened.batches, refuse_changed))


def _of_one_file(batches: Batches, refuse_changed: Callable[[], None]) -> Batches:
    """Return the batches of a file that refuse another in its place, since it was opened."""

    def of_it(names: Sequence[str] | None, size: int) -> Iterator[pa.Table]:
        try:
            yield from batches(names, size)
        except (AdvocacyError, OSError):  # it may only look damaged
            refuse_changed()
            raise
        refuse_changed()

    return of_it


def _opened(path: Path, encoding: str | None, sheet: str | None) -> Scan:
    found = format_of(path)
    if sheet is None:
        return _reader(found).scan(path, encoding)
    if found != _WITH_SHEETS:
        raise UsageError(
            "The file is no workbook, and has no sheets.",
            where=str(path),
            remedy="Leave out --sheet.",
        )
    return _reader(found).scan(path, encoding, sheet)


def _reader(name: str) -> _Reader:
    return cast(_Reader, import_module(f"{__name__}.{READERS[name]}"))


def format_of(path: Path) -> str:
    """Return the name in `READERS` of a file's format.

    Raises
    ------
    FileFormatError
        The file is empty, protected by a password, or of no format in `READERS`.
    """
    head = _first_bytes(path)
    for begins, what, remedy in _PROTECTED:
        if begins.match(head):
            raise FileFormatError(what, where=str(path), remedy=remedy)
    for name in READERS:
        if _reader(name).recognises(head):
            return name
    raise FileFormatError(
        "This is not a survey file that we can read.",
        where=str(path),
        remedy=f"Give a file of one of these formats: {'; '.join(READERS)}.",
    )


def _check_encoding(encoding: str | None) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise UsageError(
            f"There is no encoding {encoding!r}.",
            remedy="Name one such as UTF-8, windows-1252, ISO-8859-1, cp850 or UTF-16.",
        ) from error


def _first_bytes(path: Path) -> bytes:
    with ordinary_file(path).open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    if not head.strip():
        raise FileFormatError(
            "The file is empty.", where=str(path), remedy="Export it again from its source."
        )
    return head
