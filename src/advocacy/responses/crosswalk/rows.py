"""Tables that people write by hand or in a spreadsheet: crosswalks, corrections, margins."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from advocacy.errors import CrosswalkError
from advocacy.reading import ordinary_file

_SEPARATORS = ",;\t"


def read_rows(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file that people write, as a text editor or spreadsheet saves it.

    Values are divided by commas, or by semicolons or tabs, which a spreadsheet writes where
    commas are for decimals; the line of names tells.

    Raises
    ------
    CrosswalkError
        It is no CSV file.
    """
    text = read_text(path)
    names = next((line for line in text.splitlines() if not line.startswith(("#", '"#'))), "")
    separator = max(_SEPARATORS, key=names.count)
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise CrosswalkError(
            f"The file cannot be read as a table ({error}).",
            where=str(path),
            remedy="Save it as CSV in UTF-8.",
        ) from error


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, or else in what spreadsheets save as CSV: 1252."""
    content = ordinary_file(path).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace")
