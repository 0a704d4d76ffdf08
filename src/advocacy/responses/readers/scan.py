"""What every reader returns: the dictionary at once, the values in batches on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from advocacy.remarks import Remark
from advocacy.responses.labelled import LabelledTable

Batches = Callable[[Sequence[str] | None, int], Iterator[pa.Table]]


def _nothing_lost() -> tuple[Remark, ...]:
    return ()


@dataclass(frozen=True)
class Scan:
    """A survey file that is open for reading.

    Parameters
    ----------
    table
        Dictionary of the file; ``values`` has no rows and the types that the batches have.
    rows
        Number of rows; None where only reading the file tells.
    batches
        Takes names of columns (None for all) and a size; yields tables of 1 to ``size`` rows
        with these columns, in the file's order. Each call reads the file anew.
    lost
        Remarks about values that the last run over ``batches`` had to make missing.
    """

    table: LabelledTable
    rows: int | None
    batches: Batches
    lost: Callable[[], tuple[Remark, ...]] = _nothing_lost


def slices(values: pa.Table, names: Sequence[str] | None, size: int) -> Iterator[pa.Table]:
    """Yield a table that is in memory as batches of at most ``size`` rows."""
    chosen = values if names is None else values.select(list(names))
    for start in range(0, values.num_rows, size):
        yield chosen.slice(start, size)
