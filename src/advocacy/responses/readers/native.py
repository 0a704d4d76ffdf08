"""Batches of Arrow tables from the formats that pyreadstat reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyreadstat

from advocacy.arrays import Floats
from advocacy.errors import FileFormatError
from advocacy.remarks import Remark
from advocacy.responses.readers.moments import Clock, dates, timestamps

# pyreadstat finds a row in a compressed file by reading all rows before it; few large steps
# keep that bearable, and the lists that it returns under 100 MB for 20 columns.
_STEP = 250_000
Kind = Literal["text", "number", "date", "moment"]
_TYPES = {
    "text": pa.string(),
    "number": pa.float64(),
    "date": pa.date32(),
    "moment": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Column:
    """What the values of one variable are.

    Parameters
    ----------
    kind
        What they become in Arrow.
    clock
        How the file counts them, for dates and moments.
    """

    kind: Kind
    clock: Clock | None = None


@dataclass(frozen=True)
class NativeFile:
    """A file that pyreadstat reads.

    Parameters
    ----------
    path
        The file.
    read
        pyreadstat's function for the format.
    columns
        Each variable, in the file's order.
    rows
        Rows that the file says it has; None where it does not.
    format
        Name of the format, for messages.
    options
        Further arguments of ``read``.
    lost
        Number of values by variable that are no possible date; counted while reading.
    """

    path: Path
    read: Callable[..., tuple[Any, Any]]
    columns: dict[str, Column]
    rows: int | None
    format: str
    options: dict[str, Any] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)


def call(file: NativeFile | Path, read: Callable[..., tuple[Any, Any]], **options: Any) -> Any:
    """Call a function of pyreadstat on a file, dates as numbers, columns as lists.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged, or its text is not in the code page that it declares.
    """
    path = file if isinstance(file, Path) else file.path
    options = {"disable_datetime_conversion": True, "output_format": "dict"} | options
    try:
        return read(path, **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        if "convert string" in str(error) or "unsupported char" in str(error):
            raise wrong_letters(path) from error
        raise damaged(path, str(error)) from error
    except (TypeError, MemoryError, OverflowError, ValueError, LookupError) as error:
        raise damaged(path, str(error)) from error


def check_names(path: Path, meta: Any) -> None:
    """Refuse a dictionary in which damage has left a variable without a name of its own."""
    names = meta.column_names
    if not all(names):
        raise damaged(path, "a variable has no name")
    if len(set(names)) < len(names):
        raise damaged(path, "two variables have the same name")


def check_formats(path: Path, meta: Any) -> None:
    """Refuse an SPSS dictionary in which damage has left a variable without format."""
    if not all(meta.original_variable_types.get(name) for name in meta.column_names):
        raise damaged(path, "a variable has no format")


def damaged(path: Path, why: str) -> FileFormatError:
    """Return the error for a file that ends early or breaks its format's rules."""
    return FileFormatError(
        f"The file is damaged or incomplete ({why}).",
        where=str(path),
        remedy="Open it in the program that wrote it, save it again, and compare the file sizes.",
    )


def wrong_letters(path: Path) -> FileFormatError:
    """Return the error for text that does not decode."""
    return FileFormatError(
        "The file's text is not in the code page that it was read with.",
        where=str(path),
        remedy="Say which one it is with --encoding, such as windows-1252, UTF-8 or cp850.",
    )


def schema(columns: dict[str, Column]) -> pa.Schema:
    """Return the types of a file's columns in Arrow."""
    return pa.schema([(name, _TYPES[column.kind]) for name, column in columns.items()])


def native_batches(file: NativeFile, names: Sequence[str] | None, size: int) -> Iterator[pa.Table]:
    """Yield the named columns in batches of at most ``size`` rows.

    Raises
    ------
    FileFormatError
        The file is damaged, or has fewer rows than it says.
    """
    chosen = list(file.columns) if names is None else list(names)
    start, step = 0, size * max(1, _STEP // size)
    while file.rows is None or start < file.rows:
        table = native_rows(file, chosen, start, step)
        for offset in range(0, table.num_rows, size):
            yield table.slice(offset, size)
        start += table.num_rows
        if table.num_rows < step:
            break
    check_rows(file, start)


def native_rows(file: NativeFile, names: Sequence[str], start: int, n: int) -> pa.Table:
    """Return up to ``n`` rows of the named columns from row ``start``."""
    values, _ = call(
        file, file.read, usecols=list(names), row_offset=start, row_limit=n, **file.options
    )
    try:
        return pa.table({name: _array(file, name, values[name]) for name in names})
    except (TypeError, ValueError, KeyError) as error:  # a text where numbers are declared
        raise damaged(file.path, str(error)) from error


def check_rows(file: NativeFile, read: int) -> None:
    """Check that as many rows were read as the file says it has."""
    if file.rows is not None and read != file.rows:
        raise damaged(file.path, f"it says that it has {file.rows} rows, but it has {read}")


def losses(lost: Counter[str]) -> tuple[Remark, ...]:
    """Say which values were made missing because they are no possible date."""
    return tuple(
        Remark("dates.impossible", {"values": count, "variable": name})
        for name, count in sorted(lost.items())
        if count
    )


def _array(file: NativeFile, name: str, values: Sequence[Any]) -> pa.Array:
    column = file.columns[name]
    if column.kind == "text":
        # Statistics packages pad text and have no null text: blank is their missing.
        texts = pa.array(values, pa.string(), from_pandas=True)
        return pc.if_else(pc.equal(texts, ""), None, texts)
    return from_numbers(file, name, np.array(values, dtype=np.float64))  # None becomes NaN


def from_numbers(file: NativeFile, name: str, numbers: Floats) -> pa.Array:
    """Return numbers, shape (n,), as what they mean in the file; NaN is missing."""
    column = file.columns[name]
    if column.clock is None:
        return pa.array(numbers, mask=np.isnan(numbers))
    convert = dates if column.kind == "date" else timestamps
    array = convert(numbers, column.clock)
    file.lost[name] += array.null_count - int(np.isnan(numbers).sum())
    return array
