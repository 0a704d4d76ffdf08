"""SPSS system files: .sav and .zsav."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat

from advocacy.errors import FileFormatError
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable

# Seconds from SPSS's origin, the start of the Gregorian calendar on 14 October 1582, to 1970.
_SECONDS_TO_1970 = 12_219_379_200
_SECONDS_A_DAY = 86_400
# Formats whose number is a moment; TIME and DTIME are durations and stay seconds.
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is an SPSS system file."""
    return head[:4] in (b"$FL2", b"$FL3")


def read(path: Path) -> LabelledTable:
    """Read a .sav or .zsav file, user-missing codes as values.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.

    Notes
    -----
    R equivalent: ``haven::read_sav(path, user_na = TRUE)``.
    """
    try:
        values, meta = pyreadstat.read_sav(
            path,
            user_missing=True,
            # pyreadstat's own conversion raises OverflowError on a date beyond Python's range.
            disable_datetime_conversion=True,
            output_format="dict",
        )
    except pyreadstat.ReadstatError as error:
        raise FileFormatError(
            f"The SPSS file is damaged or incomplete ({error}).",
            where=str(path),
            remedy="Open it in SPSS or PSPP, save it again, and compare the file sizes.",
        ) from error
    variables = tuple(_variable(name, meta) for name in meta.column_names)
    return LabelledTable(
        path=path,
        values=pa.table({v.name: _array(values[v.name], v.format) for v in variables}),
        variables=variables,
        encoding=meta.file_encoding or "unknown",
        label=meta.file_label or "",
        notes=tuple(meta.notes or ()),
    )


def _variable(name: str, meta: Any) -> Variable:
    labels = meta.variable_value_labels.get(name, {})
    missing = meta.missing_ranges.get(name, [])
    return Variable(
        name=name,
        label=meta.column_names_to_labels[name] or "",
        value_labels=tuple(labels.items()),
        user_missing=tuple(MissingRange(m["lo"], m["hi"]) for m in missing),
        measure=meta.variable_measure.get(name, "unknown"),
        format=meta.original_variable_types[name],
    )


def _array(values: list[Any], spss_format: str) -> pa.Array:
    """Return one variable as Arrow: text, double, date or timestamp."""
    if spss_format.startswith("A") and spss_format[1:2].isdigit():
        # SPSS pads text and has no null text: blank is its missing.
        texts = pa.array(values, pa.string())
        return pa.compute.if_else(pa.compute.equal(texts, ""), None, texts)
    numbers = np.array(values, dtype=np.float64)  # None becomes NaN, SPSS has no other NaN
    missing = np.isnan(numbers)
    kind = spss_format.rstrip("0123456789.")
    if kind not in _DATES + _MOMENTS:
        return pa.array(numbers, mask=missing)
    seconds = np.where(missing, 0.0, numbers) - _SECONDS_TO_1970
    if kind in _MOMENTS:
        return pa.array(np.round(seconds * 1e6).astype("datetime64[us]"), mask=missing)
    days = np.floor_divide(seconds, _SECONDS_A_DAY).astype("datetime64[D]")
    return pa.array(days, mask=missing)
