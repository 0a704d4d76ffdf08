"""The part of the import page on values that were refused: why, and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advocacy.report.contents.parts import count, table
from advocacy.report.document import Block, Column, Heading, Paragraph, Table
from advocacy.report.wording import ENGLISH
from advocacy.responses.dataset.ledger import listed_values

_LISTED = 50  # different values of a list that the page shows; the file beside it has them all


def refusals(
    files: Sequence[Mapping[str, Any]], path: Path, title: str, about: str
) -> tuple[Block, ...]:
    """Return why the values of a list were refused, and the first of them.

    Parameters
    ----------
    files
        What the manifest says of the files whose values they are.
    path
        The list.
    title, about
        Heading, and a sentence below it.
    """
    names = [file["name"] for file in files]
    listed, reasons = listed_values(path, _LISTED + 1, names)  # one more tells of more
    heading, column = Heading(title, 2), Column("column", code=True)
    if not listed:
        return heading, Paragraph("None.")
    why = [(name, reason, count(values, ENGLISH)) for name, reason, values in reasons]
    more = f"The first {_LISTED} different values; {path.name} lists all."
    columns = Column("rows"), column, Column("value", code=True), Column("reason")
    # There is no value where it was missing, or identifies a person.
    first = [tuple(cell or "" for cell in row) for row in listed[:_LISTED]]
    return (
        heading,
        Paragraph(about),
        table((column, Column("reason"), Column("values", "right")), why),
        Heading("Where they are", 3),
        *((Paragraph(more),) if len(listed) > _LISTED else ()),
        by_file(files, columns, first),
    )


def by_file(
    files: Sequence[Mapping[str, Any]], columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Table:
    """Return a table whose rows begin with their file; it is left out where there is but one."""
    if len(files) > 1:
        return table((Column("file"), *columns), rows)
    return table(columns, [row[1:] for row in rows])
