"""Excel workbooks: .xlsx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from advocacy.errors import FileFormatError, UsageError, code_of_system
from advocacy.errors import said as error_of_system
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.names import check_names
from advocacy.responses.readers.scan import Scan, slices
from advocacy.responses.readers.tables.error_cells import error_cells
from advocacy.responses.readers.tables.extent import check_parts, check_sheet
from advocacy.responses.readers.tables.layout import (
    Layout,
    find_layout,
    rows_below,
    typical_cells,
)
from advocacy.responses.readers.tables.left_out import LeftOut, without_errors
from advocacy.responses.readers.tables.numerals import as_numbers, find_numerals
from advocacy.responses.readers.tables.numerals import remarks as numeral_remarks

_ZIP, _PART = b"PK\3\4", b"xl/"
_FIRST = 200  # rows that decide on the header, and values that decide on decimal commas
_LAST = 50  # rows among which those below the answers are looked for


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes can be an Excel workbook."""
    return head.startswith(_ZIP) and (_PART in head or b"[Content_Types].xml" in head)


def scan(path: Path, encoding: str | None = None, sheet: str | None = None) -> Scan:
    """Open a sheet of a workbook: a header, perhaps below a title, then a row a response.

    A column of numbers becomes doubles, one of dates becomes dates; any other is text. Rows of
    a title, of the header, without any value and of totals are no answers; cells with an error
    of a formula are missing.

    Parameters
    ----------
    sheet
        Name of the sheet; ``None`` for the first that is not hidden and has a table.

    Raises
    ------
    FileFormatError
        The workbook is damaged or protected, or its sheet is no table.
    UsageError
        There is no such sheet.
    """
    try:
        check_parts(path)
        book = CalamineWorkbook.from_path(path)
        chosen, rows = _chosen(book, sheet, path)
    except (CalamineError, OSError) as error:
        if code_of_system(error) is not None:
            raise error_of_system(error, path) from error
        raise FileFormatError(
            f"The workbook cannot be read ({error}).",
            where=str(path),
            remedy="Open it in Excel, remove any password, and save it again as .xlsx.",
        ) from error
    layout = find_layout([_row(row) for row in rows[:_FIRST]])
    names = check_names(layout.names, path)
    left_out = LeftOut()
    answers = _answers(rows, layout, left_out)
    left_out.errors.update(_errors(book, chosen, names, answers, path))
    columns = [[rows[place][at] for place in answers] for at in range(len(names))]
    arrays = {n: _array(c) for n, c in zip(names, columns, strict=True)}
    values, said = _with_points(without_errors(pa.table(arrays), left_out))
    top = (chosen.start or (0, 0))[0]
    table = LabelledTable(
        path=path,
        values=values.slice(0, 0),
        variables=tuple(map(Variable, names, layout.labels)),
        assumptions=(
            *_remarks(book, chosen, top + layout.above + 1, encoding),
            *layout.remarks(),
            *said,
            *left_out.remarks(),
        ),
    )
    return Scan(table, values.num_rows, lambda which, size: slices(values, which, size))


def _chosen(
    book: CalamineWorkbook, name: str | None, path: Path
) -> tuple[CalamineSheet, list[list[Any]]]:
    """Return the sheet to read, with its rows."""
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    names = [one.name for one in sheets]
    shown = [one.name for one in sheets if one.visible == SheetVisibleEnum.Visible] or names
    if name is not None and name not in names:
        raise UsageError(
            f"The workbook has no sheet {name!r}.",
            where=str(path),
            remedy=f"Name one of: {', '.join(map(repr, names))}.",
        )
    found: tuple[CalamineSheet, list[list[Any]]] | None = None
    for candidate in shown if name is None else [name]:
        check_sheet(path, book.sheet_names.index(candidate))
        one = book.get_sheet_by_name(candidate)
        rows = one.to_python(skip_empty_area=True)
        cells = typical_cells([_row(row) for row in rows[:_FIRST]])
        if cells > 1:
            return one, rows
        if cells and found is None:  # a cover, or a table of one column
            found = one, rows
    if found is None:
        which = repr(name or shown[0]) if len(shown) == 1 or name else "Each sheet that is shown"
        raise FileFormatError(
            f"{which} is empty.", where=str(path), remedy="Name another sheet with --sheet."
        )
    return found


def _answers(rows: list[list[Any]], layout: Layout, left_out: LeftOut) -> list[int]:
    """Return the places of the rows that are answers."""
    first = layout.above + layout.header
    last = [_row(row) for row in rows[max(first, len(rows) - _LAST) :]]
    below = rows_below(last)
    left_out.add_below(last[len(last) - below :])
    places = range(first, len(rows) - below)
    given = [place for place in places if any(map(_is_given, rows[place]))]
    left_out.rows["blank"] += len(places) - len(given)
    return given


def _errors(
    book: CalamineWorkbook, sheet: CalamineSheet, names: list[str], answers: list[int], path: Path
) -> Counter[str]:
    """Return how many cells with an error each variable has."""
    number = book.sheet_names.index(sheet.name)
    top, left = sheet.start or (0, 0)
    found = Counter[str]()
    places = set(answers)
    for row, column in error_cells(path, number):
        if row - top in places and 0 <= column - left < len(names):
            found[names[column - left]] += 1
    return found


def _with_points(values: pa.Table) -> tuple[pa.Table, list[Remark]]:
    """Return texts that are numbers with a decimal point, and what to say of it."""
    texts = [pa.types.is_string(column.type) for column in values.columns]
    columns = [
        list(column.drop_null().slice(0, _FIRST).to_pylist()) if is_text else []
        for column, is_text in zip(values.columns, texts, strict=True)
    ]
    numerals = find_numerals(columns, semicolons=False)
    return as_numbers(values, numerals), numeral_remarks(numerals, values.column_names)


def _remarks(
    book: CalamineWorkbook, sheet: CalamineSheet, row: int, encoding: str | None
) -> Iterator[Remark]:
    yield Remark("excel.sheet", {"sheet": repr(sheet.name), "row": row})
    others = [repr(name) for name in book.sheet_names if name != sheet.name]
    if others:
        yield Remark("excel.other_sheets", {"sheets": others})
    if encoding is not None:
        yield Remark("excel.encoding")


def _array(cells: list[Any]) -> pa.Array:
    """Return one column with the one type that all its cells have."""
    given = [None if cell == "" else cell for cell in cells]
    kinds = {type(cell) for cell in given if cell is not None}
    if kinds and kinds <= {int, float}:
        return pa.array([None if c is None else float(c) for c in given], pa.float64())
    if kinds == {date}:
        return pa.array(given, pa.date32())
    if kinds and kinds <= {date, datetime}:
        moments = [datetime(c.year, c.month, c.day) if type(c) is date else c for c in given]
        return pa.array(moments, pa.timestamp("us"))
    if kinds == {bool}:
        return pa.array(given, pa.bool_())
    return pa.array([_text(cell) for cell in given], pa.string())


def _row(cells: Sequence[Any]) -> list[str]:
    return [_text(cell) or "" for cell in cells]


def _is_given(cell: Any) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())


def _text(cell: Any) -> str | None:
    """Return a cell as a person would type it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell).strip()
