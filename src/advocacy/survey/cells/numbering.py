"""Values as numbers from 0, by which sums and matches are cheap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers, arrow

# Possible keys, per key, up to which marks are cheaper than sorting.
_MARKS = 50
# Numbers of combinations of values up to which they fit into 64 bits.
_LARGEST = 2**62


def numbered_rows(table: pa.Table, names: Sequence[str]) -> tuple[Integers, pa.Table]:
    """Return the number of each row's combination of values, and the combinations.

    The combinations are numbered in the order of the rows, which the pass has sorted. Without
    names there is one, the empty one.
    """
    combined, bound = np.zeros(table.num_rows, dtype=np.int64), 1
    for name in names:
        encoded = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        codes = encoded.indices.to_numpy().astype(np.int64)
        if bound * len(encoded.dictionary) > _LARGEST:
            found, combined = numbered(combined, bound)
            bound = len(found)
        bound *= len(encoded.dictionary)
        combined = combined * len(encoded.dictionary) + codes
    if bound == 1 and table.num_rows:
        return combined, table.select(list(names)).slice(0, 1)
    _, number = numbered(combined, bound)
    first = np.full(int(number.max()) + 1, len(number))
    np.minimum.at(first, number, np.arange(len(number)))
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[number], table.select(list(names)).take(arrow(first[order]))


def numbered(key: Integers, bound: int) -> tuple[Integers, Integers]:
    """Return the distinct keys in order, and the position of each key among them.

    ``key`` holds numbers from 0 and below ``bound``. As ``numpy.unique`` with its inverse,
    without sorting where a mark for each possible key costs less.
    """
    if bound > _MARKS * (len(key) + 1):
        found, position = np.unique(key, return_inverse=True)
        return found, position
    seen = np.zeros(bound, dtype=bool)
    seen[key] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[key]


def matches(ordered: Integers, wanted: Integers, size: int) -> tuple[Integers, Integers]:
    """Return positions in ``wanted`` and in ``ordered`` that hold the same number below size."""
    count = np.bincount(ordered, minlength=size)
    start = np.cumsum(count) - count
    repeats = count[wanted]
    position = np.repeat(np.arange(len(wanted)), repeats)
    offset = np.arange(len(position)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return position, start[wanted][position] + offset


def summed(number: Integers, values: Floats | Integers, size: int) -> Floats:
    """Return the sum of the values of each number from 0; shape (size,)."""
    return np.bincount(number, weights=values, minlength=size).astype(np.float64)


def upper(unit: Integers, stratum: Integers) -> Integers:
    """Return the stratum of each unit, shape (units,), from those of the cells, shape (C,)."""
    of = np.zeros(int(unit.max()) + 1, dtype=np.int64)
    of[unit] = stratum
    return of
