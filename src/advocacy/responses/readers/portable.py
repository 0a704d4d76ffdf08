"""SPSS portable files: .por."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import polars_readstat
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, MissingRange
from advocacy.responses.readers.native import (
    NativeFile,
    call,
    check_formats,
    check_names,
    losses,
    native_batches,
)
from advocacy.responses.readers.scan import Scan, slices
from advocacy.responses.readers.spss import (
    PolarsFailedError,
    column,
    labelled_table,
    polars_failing,
)

# The file's start names its format in several alphabets; ASCII is the second of five.
_SIGNATURE, _SIGNED = b"ASCII SPSS PORT FILE", 240
_BATCH_ROWS = 100_000


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is an SPSS portable file."""
    return _SIGNATURE in head[:_SIGNED] and b"SPSSPORT" in b"".join(head[:600].splitlines())


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a .por file, whose text is in its own alphabet, without letters beyond ASCII.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.
    """
    # pyreadstat cannot read the dictionary alone of this format.
    meta = call(path, pyreadstat.read_por, row_limit=1)[1]
    check_names(path, meta.column_names)
    check_formats(path, meta)
    columns = {name: column(meta.original_variable_types[name]) for name in meta.column_names}
    file = NativeFile(path, pyreadstat.read_por, columns, None, "SPSS portable file")
    table = replace(labelled_table(file, meta), encoding="ASCII")
    parts = list(native_batches(file, None, _BATCH_ROWS))
    values = pa.concat_tables([table.values, *parts])
    table, values = _with_codes(table, values, _read_with_codes(path))
    if encoding is not None:
        remark = Remark("portable.encoding")
        table = replace(table, assumptions=(*table.assumptions, remark))
    return Scan(
        table,
        values.num_rows,
        lambda names, size: slices(values, names, size),
        lambda: losses(file),
    )


def _read_with_codes(path: Path) -> pl.DataFrame | None:
    """Return what polars-readstat reads: it keeps user-missing codes, pyreadstat cannot."""
    with tempfile.TemporaryDirectory(prefix="advocacy-") as folder:
        copy = Path(folder) / "copy.por"  # it goes by the ending
        shutil.copyfile(path, copy)
        try:
            with polars_failing():
                return polars_readstat.scan_readstat(str(copy)).collect()
        except PolarsFailedError:
            return None


def _with_codes(
    table: LabelledTable, values: pa.Table, frame: pl.DataFrame | None
) -> tuple[LabelledTable, pa.Table]:
    """Put codes where only pyreadstat has nothing, and declare them as missing."""
    if frame is None or frame.columns != values.column_names or frame.height != values.num_rows:
        return replace(table, assumptions=(Remark("portable.no_codes"),)), values
    variables = []
    for at, variable in enumerate(table.variables):
        known, other = values[at], frame[variable.name].to_arrow()
        if pa.types.is_float64(known.type) and pa.types.is_float64(other.type):
            codes = other.filter(pc.and_(known.is_null(), other.is_valid()))
            found = sorted(codes.unique().to_pylist())
            variable = replace(variable, user_missing=tuple(MissingRange(c, c) for c in found))
            values = values.set_column(at, values.schema.field(at), pc.coalesce(known, other))
        variables.append(variable)
    return replace(
        table, variables=tuple(variables), assumptions=(Remark("portable.codes"),)
    ), values
