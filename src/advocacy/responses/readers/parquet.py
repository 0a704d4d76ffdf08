"""Apache Parquet files: names and types, no labels."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.errors import FileFormatError
from advocacy.responses.labelled import LabelledTable, Variable


def recognises(head: bytes) -> bool:
    """Tell whether a file that starts with these bytes is a Parquet file."""
    return head[:4] == b"PAR1"


def read(path: Path) -> LabelledTable:
    """Read a Parquet file.

    Raises
    ------
    FileFormatError
        The file is cut off or damaged.
    """
    try:
        values = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(
            f"The Parquet file is damaged or incomplete ({error}).",
            where=str(path),
            remedy="Export it again from its source.",
        ) from error
    variables = tuple(Variable(name) for name in values.column_names)
    return LabelledTable(path=path, values=values, variables=variables)
