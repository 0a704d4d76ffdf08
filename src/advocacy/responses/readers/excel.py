"""Excel workbooks: .xlsx."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from advocacy.errors import FileFormatError
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.names import check_names
from advocacy.responses.readers.scan import Scan, slices

_ZIP, _PART = b"PK\3\4", b"xl/"


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes can be an Excel workbook."""
    return head.startswith(_ZIP) and (_PART in head or b"[Content_Types].xml" in head)


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open the first sheet of a workbook: names in its first row, then a row a response.

    A column of numbers becomes doubles, one of dates becomes dates; any other is text.

    Raises
    ------
    FileFormatError
        The workbook is damaged or protected, or its first sheet is no table.
    """
    try:
        book = CalamineWorkbook.from_path(path)
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, OSError) as error:
        raise FileFormatError(
            f"The workbook cannot be read ({error}).",
            where=str(path),
            remedy="Open it in Excel, remove any password, and save it again as .xlsx.",
        ) from error
    if not rows:
        raise FileFormatError(f"The first sheet, {sheet.name!r}, is empty.", where=str(path))
    names = check_names([_text(cell) or "" for cell in rows[0]], path)
    columns = [[row[at] for row in rows[1:]] for at in range(len(names))]
    values = pa.table({n: _array(c) for n, c in zip(names, columns, strict=True)})
    table = LabelledTable(
        path=path,
        values=values.slice(0, 0),
        variables=tuple(Variable(name) for name in names),
        assumptions=_remarks(book.sheet_names, sheet, encoding),
    )
    return Scan(table, values.num_rows, lambda chosen, size: slices(values, chosen, size))


def _remarks(
    sheets: Sequence[str], sheet: CalamineSheet, encoding: str | None
) -> tuple[Remark, ...]:
    remarks = [Remark("excel.sheet", {"sheet": repr(sheet.name)})]
    if len(sheets) > 1:
        others = [repr(name) for name in sheets if name != sheet.name]
        remarks.append(Remark("excel.other_sheets", {"sheets": others}))
    if encoding is not None:
        remarks.append(Remark("excel.encoding"))
    return tuple(remarks)


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


def _text(cell: Any) -> str | None:
    """Return a cell as a person would type it."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell).strip()
