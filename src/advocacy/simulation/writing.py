"""Writing raw variables as an SPSS, CSV or Excel file, the same bytes each time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyreadstat
from pyarrow import csv

from advocacy.simulation.coding import RawVariable

# Fixed fields of an SPSS system file's header, byte offsets; as documented by PSPP in
# "System File Format": https://www.gnu.org/software/pspp/pspp-dev/html_node/File-Header-Record.html
_WEIGHT_INDEX, _CREATED, _DICTIONARY = 76, 92, 176
_VARIABLE_RECORD, _CONTINUATION = 2, -1
_SECONDS_TO_1970, _SECONDS_A_DAY = 12_219_379_200, 86_400  # SPSS counts from 14 October 1582
_FIXED_DATE = b"15 Jan 2612:00:00"  # dd mmm yy, then hh:mm:ss

# The parts of a workbook beside its sheet, after ECMA-376. Its second cell style is a date.
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for name, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("styles", "styles"),
        )
    )
    + "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    '<sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
_SHEET = "xl/worksheets/sheet1.xml"
_EXCEL_1970 = 25_569  # days that Excel counts up to 1970


def write_spss(
    path: Path, variables: Sequence[RawVariable], *, title: str, note: str, weight: str
) -> None:
    """Write a .sav or .zsav file, by the ending of its name.

    Parameters
    ----------
    title
        The file's label, at most 64 bytes.
    note
        A line of the file's documents; empty for none.
    weight
        Name of the variable that the header declares as weight; empty for none.
    """
    compressed = path.suffix == ".zsav"
    pyreadstat.write_sav(
        pd.DataFrame({v.name: _spss_numbers(v.values) for v in variables}),
        path,
        file_label=title,
        column_labels=[v.label for v in variables],
        compress=compressed,
        row_compress=not compressed,
        note=note or None,
        variable_value_labels={v.name: dict(v.value_labels) for v in variables if v.value_labels},
        missing_ranges={v.name: list(v.missing) for v in variables if v.missing},
        variable_measure={v.name: v.measure for v in variables},
        variable_format={v.name: v.format for v in variables},
    )
    names = [v.name for v in variables]
    _finish_header(path, names.index(weight) if weight else None)


def write_csv(path: Path, variables: Sequence[RawVariable]) -> None:
    """Write a UTF-8 CSV file: codes without labels, dates as ISO text, nothing for missing."""
    table = pa.table({v.name: _plain(v) for v in variables})
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))


def write_excel(path: Path, variables: Sequence[RawVariable]) -> None:
    """Write an Excel workbook with one sheet: names, then codes without labels and dates."""
    columns = [_cells(_plain(variable), _letter(i)) for i, variable in enumerate(variables)]
    rows = ["".join(_text(v.name, f"{_letter(i)}1") for i, v in enumerate(variables))]
    rows += ["".join(cells) for cells in zip(*columns, strict=True)]
    lines = "".join(f'<row r="{n}">{row}</row>' for n, row in enumerate(rows, start=1))
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    parts = {**_PARTS, _SHEET: sheet}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            # The date of a part is that of all ZIP files without one, and not of today.
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def _cells(values: pa.Array, letter: str) -> list[str]:
    """Return the cells of a column below its name; nothing for missing."""
    dates = pa.types.is_date(values.type)
    style, shift = (' s="1"', _EXCEL_1970) if dates else ("", 0)
    if dates:
        values = values.cast(pa.int32())
    return [
        ""
        if value is None
        else _text(value, f"{letter}{n}")
        if isinstance(value, str)
        else f'<c r="{letter}{n}"{style}><v>{value + shift!r}</v></c>'
        for n, value in enumerate(values.to_pylist(), start=2)
    ]


def _text(text: str, at: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def _letter(column: int) -> str:
    """Return the letter of one of the first 26 columns of a sheet."""
    return chr(ord("A") + column)


def _spss_numbers(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return days as SPSS holds them, whatever unit of time pandas and pyreadstat agree on."""
    if values.dtype.kind != "M":
        return values
    days = values.astype("datetime64[D]").astype(np.float64)
    return np.where(np.isnat(values), np.nan, days * _SECONDS_A_DAY + _SECONDS_TO_1970)


def _plain(variable: RawVariable) -> pa.Array:
    """Return values as Arrow, whole numbers without a decimal point."""
    if variable.values.dtype.kind != "f":
        return pa.array(variable.values)
    numbers = pa.array(variable.values, from_pandas=True)
    return numbers.cast(pa.int64()) if variable.format.endswith(".0") else numbers


def _finish_header(path: Path, weight: int | None) -> None:
    """Fix the creation date, which would differ each time, and declare the weight.

    `pyreadstat` can do neither.
    """
    with path.open("r+b") as file:
        file.seek(_CREATED)
        file.write(_FIXED_DATE)
        if weight is not None:
            file.seek(0)
            index = _dictionary_indices(file.read())[weight]
            file.seek(_WEIGHT_INDEX)
            file.write(struct.pack("<i", index))


def _dictionary_indices(content: bytes) -> list[int]:
    """Return each variable's 1-based dictionary index: a text takes one entry per 8 bytes."""
    indices, entry, at = [], 0, _DICTIONARY
    while struct.unpack_from("<i", content, at)[0] == _VARIABLE_RECORD:
        width, has_label, n_missing = struct.unpack_from("<3i", content, at + 4)
        entry += 1
        if width != _CONTINUATION:
            indices.append(entry)
        at += 32
        if has_label:
            (length,) = struct.unpack_from("<i", content, at)
            at += 4 + -(-length // 4) * 4
        at += 8 * abs(n_missing)
    return indices
