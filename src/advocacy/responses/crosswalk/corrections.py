"""Corrections of single raw values, each with the value that it expects to find.

`corrections.csv` has the columns ``file, row, variable, old_value, new_value, reason``; rows
count from 1. An empty ``new_value`` makes the value missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import CrosswalkError
from advocacy.responses.crosswalk.rows import read_rows
from advocacy.responses.labelled import which_names

HEADER = ("file", "row", "variable", "old_value", "new_value", "reason")


@dataclass(frozen=True)
class Correction:
    """One corrected value; ``where`` names file and line for messages."""

    file: str
    row: int
    variable: str
    old_value: str
    new_value: str
    where: str


def read_corrections(path: Path) -> list[Correction]:
    """Read `corrections.csv`.

    Raises
    ------
    CrosswalkError
        The header or a line is not as described above.
    """
    rows = read_rows(path)
    if not rows or tuple(rows[0]) != HEADER:
        raise CrosswalkError(
            "The first line does not name the columns of the corrections.",
            where=f"{path}, line 1",
            remedy=f"Make the first line: {','.join(HEADER)}",
        )
    return [_correction(path, number, row) for number, row in enumerate(rows[1:], 2) if any(row)]


def correct(
    values: pa.Table,
    corrections: list[Correction],
    first_row: int = 1,
    hidden: Collection[str] = (),
) -> pa.Table:
    """Return rows of a file with the corrections that concern them applied.

    Parameters
    ----------
    values
        A batch of the file's rows.
    corrections
        Corrections of this file.
    first_row
        Number of the batch's first row in the file.
    hidden
        Variables that identify persons: no message shows a value of them.

    Raises
    ------
    CrosswalkError
        A correction names no variable of the file, does not find the value that it expects,
        or gives no value of the variable's type.
    """
    for correction in corrections:
        if 0 <= correction.row - first_row < values.num_rows:
            shown = correction.variable not in hidden
            values = _apply(values, correction, correction.row - first_row, shown)
    return values


def refuse_absent_rows(corrections: list[Correction], rows: int) -> None:
    """Refuse corrections of rows that a file of so many rows does not have.

    Raises
    ------
    CrosswalkError
        Names the first of them.
    """
    for correction in corrections:
        if not 1 <= correction.row <= rows:
            raise CrosswalkError(
                f"{correction.file} has no row {correction.row}; it has {rows} rows.",
                where=correction.where,
                remedy="Count rows from 1.",
            )


def _correction(path: Path, number: int, row: list[str]) -> Correction:
    where = f"{path}, line {number}"
    if len(row) != len(HEADER) or not row[1].isdigit() or not row[5].strip():
        raise CrosswalkError(
            "The line is no correction.",
            where=where,
            remedy=f"Give all of {', '.join(HEADER)}; the row is a number, the reason not empty.",
        )
    return Correction(row[0], int(row[1]), row[2], row[3], row[4], where)


def _apply(values: pa.Table, correction: Correction, index: int, shown: bool) -> pa.Table:
    if correction.variable not in values.column_names:
        raise CrosswalkError(
            f"{correction.file} has no variable {correction.variable!r}.",
            where=correction.where,
            remedy=which_names(correction.variable, values.column_names),
        )
    position = values.column_names.index(correction.variable)
    column = values.column(position)
    found = _text(column[index])
    if found != correction.old_value:
        named = f"Row {correction.row} of {correction.variable!r} is "
        raise CrosswalkError(
            f"{named}{found!r}, and the correction expects {correction.old_value!r}: the source "
            "has changed."
            if shown
            else f"{named}not what the correction expects: the source has changed.",
            where=correction.where,
            remedy="Look at the new value and rewrite or remove the correction.",
        )
    chosen = pc.equal(pa.array(range(values.num_rows)), index)
    new = pc.if_else(chosen, _scalar(correction, column.type, shown), column)
    return values.set_column(position, correction.variable, new)


def _text(value: pa.Scalar) -> str:
    content = value.as_py()
    if content is None:
        return ""
    return str(content).removesuffix(".0") if isinstance(content, float) else str(content)


def _scalar(correction: Correction, value_type: pa.DataType, shown: bool) -> pa.Scalar:
    try:
        return pa.scalar(correction.new_value or None, pa.string()).cast(value_type)
    except pa.ArrowInvalid as error:
        given = repr(correction.new_value) if shown else "The new value"
        raise CrosswalkError(
            f"{given} is no value of {correction.variable!r} ({value_type}).",
            where=correction.where,
            remedy="Write a value of the variable's type, or leave it empty for missing.",
        ) from error
