"""Apache Parquet files: names and types, no labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError
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
    path, read = table.path, 0
    columns = table.values.column_names if names is None else list(names)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size, columns=columns):
                read += batch.num_rows
                yield pa.Table.from_batches([batch]).replace_schema_metadata().select(columns)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    if read != rows:
        raise _damaged(path, f"it says that it has {rows} rows, but it has {read}")


def _damaged(path: Path, why: Exception | str) -> FileFormatError:
    return FileFormatError(
        f"The Parquet file is damaged or incomplete ({why}).",
        where=str(path),
        remedy="Export it again from its source.",
    )
