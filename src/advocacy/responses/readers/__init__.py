"""Survey files to `LabelledTable`. A new format is one module and its line in `READERS`.

The content decides which reader is used, never the ending of the file's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from advocacy.errors import FileFormatError
from advocacy.responses.labelled import LabelledTable
from advocacy.responses.readers import delimited, parquet, spss

# A reader: recognises the first bytes of a file, and reads it.
READERS: dict[str, tuple[Callable[[bytes], bool], Callable[[Path], LabelledTable]]] = {
    "SPSS (.sav, .zsav)": (spss.recognises, spss.read),
    "Parquet": (parquet.recognises, parquet.read),
    "delimited text (.csv)": (delimited.recognises, delimited.read),
}

_SNIFFED_BYTES = 4096


def read_labelled(path: Path) -> LabelledTable:
    """Read a survey file with all that it says about its values.

    Raises
    ------
    FileFormatError
        The file is empty, damaged or of no format in `READERS`.
    """
    head = _first_bytes(path)
    for recognises, read in READERS.values():
        if recognises(head):
            table = read(path)
            if table.values.num_rows == 0:
                raise FileFormatError("The file has variables but no rows.", where=str(path))
            return table
    raise FileFormatError(
        "This is not a survey file that we can read.",
        where=str(path),
        remedy=f"Give a file of one of these formats: {'; '.join(READERS)}.",
    )


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    if not head.strip():
        raise FileFormatError(
            "The file is empty.", where=str(path), remedy="Export it again from its source."
        )
    return head
