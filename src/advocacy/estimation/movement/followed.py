"""The values of measures in the periods of a series, from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Integers
from advocacy.estimation.comparisons.contrasts import CONTRASTS, Pairs, repeated
from advocacy.estimation.movement.measures import Measured, together
from advocacy.estimation.tabulation import POSSIBLE, statistics, tabulated
from advocacy.survey.cells.groups import Groups
from advocacy.survey.quantities import Counts, Quantities

LEVEL = "level"


@dataclass(frozen=True)
class Levels:
    """All values, measure by measure and crossing by crossing in the order of time.

    Parameters
    ----------
    found, groups
        The pass, and its periods within crossings.
    quantities, behind
        The values and what stands behind each, L of them.
    table
        Their rows.
    group
        Number of the group of each, shape (L,).
    runs
        Rows of each series, in the order of time.
    """

    found: Measured
    groups: Groups
    quantities: Quantities
    behind: Counts
    table: pa.Table
    group: Integers
    runs: tuple[Integers, ...]

    @property
    def pairs(self) -> Pairs:
        """The movements: each period and the one before it, series by series."""
        both = [pair for run in self.runs for pair in pairwise(run.tolist())]
        second, first = np.array(both, dtype=np.int64).reshape(-1, 2).T
        return Pairs(CONTRASTS["difference"], first, second)

    def measure_of(self, row: int) -> str:
        """Return the measure of a row."""
        return str(self.table.column("estimand")[row].as_py())


def levels_of(
    found: Measured, groups: Groups, shown: Integers, names: Sequence[str], conf_level: float
) -> Levels:
    """Estimate all measures in all periods that have a base.

    Parameters
    ----------
    found
        The pass.
    groups
        Its periods within crossings.
    shown
        Those that are shown, by crossing and time.
    names
        Segments of the crossings.
    conf_level
        Of the intervals.
    """
    crossing = _crossings(groups, shown, names)
    parts, counted, tables, runs = [], [], [], []
    group: list[Integers] = []
    for one in found.asked:
        value = found.value(one.estimand.name)
        behind = found.counts(groups, value)
        own = np.flatnonzero(behind.n[shown] > 0)
        rows = shown[own]
        quantities, behind = found.ratios(groups, value).take(rows), behind.take(rows)
        proportion = one.estimand.proportion
        columns: dict[str, Any] = statistics(
            found.alone(groups, value).take(rows), behind,
            conf_level=conf_level, proportion=proportion,
            interval="korn_graubard" if proportion else "wald",
            possible=None if proportion else POSSIBLE[one.estimand.unit],
        )  # fmt: skip
        keys = repeated(groups.keys, rows, groups.keys.column_names)
        table = tabulated(keys, one.labels() | columns | {"quantity": LEVEL}, len(rows))
        weights = pa.array(found.weighted_n(groups, value)[rows])
        tables.append(table.append_column("weighted_n", weights))
        before = sum(len(rows) for rows in group)
        runs += [before + np.flatnonzero(crossing[own] == c) for c in np.unique(crossing[own])]
        parts.append(quantities)
        counted.append(behind)
        group.append(rows)
    behind = Counts(
        *(
            np.concatenate([getattr(one, name) for one in counted])
            for name in Counts.__dataclass_fields__
        )
    )
    table, number = pa.concat_tables(tables), np.concatenate(group)
    return Levels(found, groups, together(parts), behind, table, number, tuple(runs))


def _crossings(groups: Groups, shown: Integers, names: Sequence[str]) -> Integers:
    """Return the number of the crossing of each group shown, shape (shown,)."""
    if not names:
        return np.zeros(len(shown), dtype=np.int64)
    keys = groups.keys.select(list(names)).take(pa.array(shown)).to_pylist()
    numbers: dict[tuple[Any, ...], int] = {}
    return np.array([numbers.setdefault(tuple(key.values()), len(numbers)) for key in keys])
