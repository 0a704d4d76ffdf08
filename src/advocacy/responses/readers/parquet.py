"""Apache Parquet files: names and types, no labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError
from advocacy.limits import check_values
from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.scan import Scan


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a Parquet file."""
    return head[:4] == b"PAR1"


def scan(path: Path, encoding: str | None = None) -> Scan:
    """Open a Parquet file; its text is UTF-8 by definition.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.
    """
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema().remove_metadata()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    check_rows(path, metadata, schema)
    remarks = () if encoding is None else (Remark("parquet.encoding"),)
    table = LabelledTable(
        path=path,
        values=schema.empty_table(),
        variables=tuple(Variable(name) for name in schema.names),
        assumptions=remarks,
    )
    rows = metadata.num_rows
    return Scan(table, rows, lambda names, size: _batches(table, rows, names, size))


def _batches(
    table: LabelledTable, rows: int, names: Sequence[str] | None, size: int
) -> Iterator[pa.Table]:
    """Yield batches; a damaged page shows only when it is read."""
    path, read, expanded = table.path, 0, 0
    columns = table.values.column_names if names is None else list(names)
    schema = pa.schema([table.values.schema.field(name) for name in columns])
    try:
        # Texts that are repeated stay in a dictionary until their length is known.
        with pq.ParquetFile(path, read_dictionary=_repeated(path, table.values.schema)) as file:
            for batch in file.iter_batches(batch_size=size, columns=columns):
                read += batch.num_rows
                expanded += sum(_length_of_texts(column) for column in batch.columns)
                check_values(path, 1, expanded)
                whole = pa.Table.from_batches([batch]).replace_schema_metadata()
                yield whole.select(columns).cast(schema)
    except pa.ArrowMemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    if read != rows:
        raise _damaged(path, f"it says that it has {rows} rows, but it has {read}")


def check_rows(path: Path, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
    """Refuse a file of far more values than bytes, by its footer; see `check_values`."""
    check_values(path, metadata.num_rows, sum(map(_width, schema.types)))


def _width(kind: pa.DataType) -> int:
    """Return the bytes that a value takes, of a text without its letters."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 4


def _repeated(path: Path, schema: pa.Schema) -> list[str]:
    """Return the columns of texts of which the file holds each but once."""
    texts = {field.name for field in schema if _is_text(field.type)}
    metadata = pq.read_metadata(path)
    found = set()
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema in texts and column.has_dictionary_page:
                found.add(column.path_in_schema)
    return sorted(found)


def _is_text(kind: pa.DataType) -> bool:
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
