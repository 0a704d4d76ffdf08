"""Writing raw variables as an SPSS or CSV file, the same bytes each time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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


def _spss_numbers(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return days as SPSS holds them, whatever unit of time pandas and pyreadstat agree on."""
    if values.dtype.kind != "M":
        return values
    days = values.astype("datetime64[D]").astype(np.float64)
    return days * _SECONDS_A_DAY + _SECONDS_TO_1970


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
