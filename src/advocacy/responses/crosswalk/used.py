"""The part of a survey file that a crosswalk uses: no other variable is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from advocacy.responses.crosswalk.crosswalk import Crosswalk, by_variable, canonical_crosswalk
from advocacy.responses.labelled import LabelledTable


@dataclass(frozen=True)
class Used:
    """A survey file with the values that are used.

    Parameters
    ----------
    table
        Dictionary of the file; ``values`` has the variables that are used.
    schema
        Types of all variables.
    crosswalk
        The one that was given, or of variables that are named as columns.
    """

    table: LabelledTable
    schema: pa.Schema
    crosswalk: Crosswalk

    def batches(self, names: Sequence[str], size: int) -> Iterator[pa.Table]:
        """Yield named variables, ``size`` rows at a time."""
        values = self.table.values.select(names)
        for start in range(0, values.num_rows, size):
            yield values.slice(start, size)


def read_used(
    path: Path, crosswalk: Crosswalk | None, encoding: str | None, sheet: str | None
) -> Used:
    """Read what a crosswalk uses of a survey file; raises as `read_labelled`."""
    # Here, because the process that leaves this to a worker needs none of the parsers.
    from advocacy.responses.readers import all_rows, scan_labelled

    scan = scan_labelled(path, encoding, sheet)
    schema = scan.table.values.schema
    lines = crosswalk or canonical_crosswalk(path, schema.names)
    used = {name for own in lines.columns().values() for name in by_variable(own)}
    # A file may be mapped to constants alone: its rows are counted by its first variable.
    names = [name for name in schema.names if name in used] or schema.names[:1]
    return Used(all_rows(scan, names), schema, lines)
