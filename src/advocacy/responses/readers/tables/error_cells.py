"""Cells of a workbook that hold an error, such as #N/A: what parses workbooks gives none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import join, normpath
from zipfile import BadZipFile, ZipFile

_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_BLOCK = 2**20  # bytes read at a time
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\bt=["']e["'][^>]*>""")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")


def error_cells(path: Path, number: int) -> Iterator[tuple[int, int]]:
    """Yield row and column, from 0, of the cells of a sheet that hold an error.

    Nothing is yielded where the workbook's parts are not named as usual.

    Parameters
    ----------
    number
        Place of the sheet among all of the workbook, from 0.
    """
    try:
        with ZipFile(path) as archive, archive.open(sheet_part(archive, number)) as part:
            rest = b""
            while block := part.read(_BLOCK):
                text = rest + block
                cut = text.rfind(b"<")  # the last tag may not be whole
                text, rest = text[:cut], text[cut:]
                for cell in _CELL.finditer(text):
                    if found := _REFERENCE.search(cell[0]):
                        yield int(found[2]) - 1, column_place(found[1].decode())
    except (BadZipFile, KeyError, IndexError):
        return


def sheet_part(archive: ZipFile, number: int) -> str:
    """Return the name of the part that holds a sheet."""
    sheets = _SHEET.findall(archive.read(_BOOK).decode("utf-8", "replace"))
    relation = _attribute(sheets[number], r"\w+:id")
    for tag in _RELATION.findall(archive.read(_RELATIONS).decode("utf-8", "replace")):
        if _attribute(tag, "Id") == relation:
            return normpath(join("/xl", _attribute(tag, "Target"))).lstrip("/")
    raise KeyError(relation)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}=["']([^"']*)["']""", tag)
    return found[1] if found else ""


def column_place(letters: str) -> int:
    """Return the place of a column, from 0, by its letters."""
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1
