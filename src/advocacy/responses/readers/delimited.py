"""Delimited text (.csv): names in the first line, every value as a text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from advocacy.errors import FileFormatError
from advocacy.responses.labelled import LabelledTable, Variable

_DELIMITERS = ",;\t|"


def recognises(head: bytes) -> bool:
    """Tell whether bytes can be the start of a text with a header of two or more names."""
    if b"\0" in head:
        return False
    header = head.splitlines()[0].decode("utf-8", errors="replace")
    return any(delimiter in header for delimiter in _DELIMITERS)


def read(path: Path) -> LabelledTable:
    """Read a UTF-8 text whose delimiter is the most frequent of ``, ; tab |`` in its header.

    Nothing and NA without quotes are missing; ``"NA"`` is a text, as R writes them.

    Raises
    ------
    FileFormatError
        Lines differ in their number of values, names repeat, or the text is not UTF-8.
    """
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig", errors="replace").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=header.count)
    names = next(iter(_split(header, delimiter)))
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise FileFormatError(
            f"Two columns have the same name: {', '.join(duplicates)}.",
            where=str(path),
            remedy="Rename one of them.",
        )
    try:
        values = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=["", "NA"],
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowException as error:
        raise FileFormatError(
            f"The text cannot be read as a table ({error}).",
            where=str(path),
            remedy="Save it as UTF-8 with one line a response and one name a column.",
        ) from error
    variables = tuple(Variable(name) for name in values.column_names)
    return LabelledTable(path=path, values=values, variables=variables)


def _split(header: str, delimiter: str) -> list[list[str]]:
    from csv import reader

    return list(reader([header], delimiter=delimiter))
