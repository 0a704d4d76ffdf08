"""Apache Parquet files: names and types, no labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError, code_of_system
from advocacy.limits import check_values
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.scan import Scan
from advocacy.sql import connect

# Of each column: rows of its chunks, chunks with another number of values, and a dictionary.
_CHUNKS = """
    SELECT path_in_schema, sum(row_group_num_rows),
        count(*) FILTER (num_values <> row_group_num_rows),
        bool_or(dictionary_page_offset IS NOT NULL)
    FROM parquet_metadata($file) GROUP BY path_in_schema
"""
_DIGITS = 38  # of a decimal, which the database has at most


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a Parquet file."""
    return head[:4] == b"PAR1"


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a Parquet file; its text is UTF-8 by definition.

    What the database has no type for is read as the nearest that it has: half floats and decimals
    of more than 38 digits as doubles, views and codes as what they stand for.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged, or a text is not in UTF-8.
    """
    with _reading(path), pq.ParquetFile(path) as file:
        rows = file.metadata.num_rows
        found = file.schema_arrow
        schema = pa.schema([(field.name, _plain(field.type)) for field in found])
        check_rows(path, file.metadata, found)
        repeated = _check_chunks(path, rows, schema)
    remarks = () if encoding is None else (Remark("parquet.encoding"),)
    table = LabelledTable(
        path=path,
        values=schema.empty_table(),
        variables=tuple(Variable(name) for name in schema.names),
        assumptions=remarks,
    )
    return Scan(table, rows, lambda names, size: _batches(table, repeated, rows, names, size))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type that values of a type are read as."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_float16(kind) or (pa.types.is_decimal(kind) and kind.precision > _DIGITS):
        return pa.float64()
    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _plain(field.type)) for field in kind])
    return kind


def _batches(
    table: LabelledTable,
    repeated: Sequence[str],
    rows: int,
    names: Sequence[str] | None,
    size: int,
) -> Iterator[pa.Table]:
    """Yield batches; a damaged page shows only when it is read.

    Texts that are ``repeated`` stay in a dictionary until their length is known.
    """
    path, read, expanded = table.path, 0, 0
    columns = table.values.column_names if names is None else list(names)
    schema = pa.schema([table.values.schema.field(name) for name in columns])
    checked = {"read_dictionary": repeated, "page_checksum_verification": True}
    with _reading(path), pq.ParquetFile(path, **checked) as file:
        for batch in file.iter_batches(batch_size=size, columns=columns):
            expanded += sum(_length_of_texts(column) for column in batch.columns)
            check_values(path, 1, expanded)
            values = pa.Table.from_batches([batch]).replace_schema_metadata().select(columns)
            values = values.cast(schema)  # a dictionary's own validation passes over its texts
            for name in columns:
                _check_texts(values.column(name), name, read, path)
            read += batch.num_rows
            yield values
    if read != rows:
        raise _damaged(path, f"it says that it has {rows} rows, but it has {read}")


def _check_texts(values: pa.ChunkedArray, name: str, before: int, path: Path) -> None:
    """Refuse a text that is not in UTF-8, which the database would take for its own fault.

    ``before`` is the number of rows before these values.
    """
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as error:
        wrong = next((row for row, one in enumerate(values, before + 1) if not _is_text(one)), None)
        if wrong is None:
            raise
        raise FileFormatError(
            f"The text of the column {name!r} in row {wrong} is not in UTF-8, as texts of a "
            "Parquet file are.",
            where=str(path),
            remedy="Export it again from its source, with the texts in UTF-8.",
        ) from error


def _is_text(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say that a file is damaged where Arrow cannot read it, unless the system is the cause."""
    try:
        yield
    except (FileFormatError, pa.ArrowMemoryError):
        raise
    except (pa.ArrowException, duckdb.Error, OSError, ValueError, KeyError, OverflowError) as error:
        if code_of_system(error) is not None:
            raise
        raise _damaged(path, error) from error


def check_rows(path: Path, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
    """Refuse a file of far more values than bytes, by its footer; see `check_values`."""
    check_values(path, metadata.num_rows, sum(map(_width, schema.types)))


def _width(kind: pa.DataType) -> int:
    """Return the bytes that a value takes, of a text without its letters."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 4


def _check_chunks(path: Path, rows: int, schema: pa.Schema) -> list[str]:
    """Refuse a footer that contradicts itself; return the columns of texts with a dictionary.

    Readers go by the file's own number of rows, by those of its row groups, or by the values of
    each column: where these differ, so would their answers. The database reads the footer, as
    Arrow ends the process where a description of a column is damaged.
    """
    described = connect().execute(_CHUNKS, {"file": str(path)}).fetchall()
    for name, held, differ, _ in described:
        if held != rows:
            raise _damaged(path, f"it says that it has {rows} rows, and its parts have {held}")
        if differ and name in schema.names and not pa.types.is_nested(schema.field(name).type):
            raise _damaged(path, f"the column {name!r} has not as many values as there are rows")
    repeated = {name for name, *_, dictionary in described if dictionary}
    return [field.name for field in schema if field.name in repeated and _is_text_type(field.type)]


def _is_text_type(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _length_of_texts(column: pa.Array) -> int:
    """Return the bytes of texts that are in a dictionary, as they are without one."""
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    return int(pc.sum(lengths.cast(pa.int64())).as_py() or 0)


def _damaged(path: Path, why: Exception | str) -> FileFormatError:
    return FileFormatError(
        f"The Parquet file is damaged or incomplete ({why}).",
        where=str(path),
        remedy="Export it again from its source.",
    )
