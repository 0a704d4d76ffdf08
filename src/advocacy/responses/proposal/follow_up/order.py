"""Which dates of a file come after which others, row by row."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MOST = 8  # dates that are compared; a file with more has dates of much else
_DAY = "datetime64[D]"
_LOOK = 1_000  # rows in which a text must be to be looked at
_APART = 28  # days: less lies between the start and the end of one interview
_ISO = r"^\d{4}-\d{2}-\d{2}"


class Order:
    """Counts, over the batches of a file, how its dates follow each other."""

    def __init__(self) -> None:
        self._both: Counter[tuple[str, str]] = Counter()
        self._never_before: Counter[tuple[str, str]] = Counter()
        self._apart: Counter[tuple[str, str]] = Counter()

    def add(self, batch: pa.Table) -> None:
        """Count the rows of a batch."""
        dates = _dates(batch)
        for first, second in permutations(dates, 2) if len(dates) <= _MOST else ():
            days = (dates[second] - dates[first]).astype(float)
            days = days[~np.isnan(days)]
            self._both[first, second] += len(days)
            self._never_before[first, second] += int((days >= 0).sum())
            self._apart[first, second] += int((days >= _APART).sum())

    def later(self) -> frozenset[tuple[str, str]]:
        """Return pairs of names: the second is never before the first, and mostly a month after."""
        return frozenset(
            pair
            for pair, rows in self._both.items()
            if rows and self._never_before[pair] == rows and 2 * self._apart[pair] > rows
        )


def _dates(batch: pa.Table) -> dict[str, np.ndarray]:
    found = {}
    for field in batch.schema:
        column = batch.column(field.name)
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            found[field.name] = column.cast(pa.timestamp("us")).to_numpy().astype(_DAY)
        elif _is_text(field.type) and _all_iso(column):
            found[field.name] = _parsed(column)
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _all_iso(column: pa.ChunkedArray) -> bool:
    """Tell whether all texts begin as a date; one look at the first tells of most that are not."""
    first = column.slice(0, _LOOK).drop_null()
    if not len(first) or not pc.match_substring_regex(first[:1], _ISO)[0].as_py():
        return False
    return bool(pc.all(pc.match_substring_regex(column, _ISO)).as_py())


def _parsed(column: pa.ChunkedArray) -> np.ndarray:
    days = pc.utf8_slice_codeunits(column, 0, 10)
    found: np.ndarray = pc.strptime(days, "%Y-%m-%d", "s", error_is_null=True).to_numpy()
    return found.astype(_DAY)
