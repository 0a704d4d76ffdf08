"""From quantities to the tidy table of `Estimates`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.segments import Segment
from advocacy.survey.diagnostics import STANDARD_LEVEL, reliability, reliability_of_others
from advocacy.survey.intervals import INTERVALS, effective_n, korn_graubard
from advocacy.survey.quantities import Counts, Quantities

Columns = dict[str, pa.Array]


def check_interval(name: str | None, conf_level: float, *, proportion: bool) -> str:
    """Return the interval to use: Korn-Graubard for proportions and Wald for others by default.

    Raises
    ------
    UsageError
        No such interval, one for proportions alone, or a level that is not between 0 and 1.
    """
    if not 0 < conf_level < 1:
        raise UsageError(
            f"The confidence level {conf_level:g} is not between 0 and 1.", remedy="Use 0.95."
        )
    chosen = name or ("korn_graubard" if proportion else "wald")
    if chosen not in INTERVALS:
        raise UsageError(f"{name!r} is no interval.", remedy=f"Use one of: {', '.join(INTERVALS)}.")
    if not proportion and chosen != "wald":
        raise UsageError(
            f"The interval {name!r} is for proportions, which this is not.", remedy="Use wald."
        )
    return chosen


def statistics(
    found: Quantities, counts: Counts, *, interval: str, conf_level: float, proportion: bool
) -> Columns:
    """Return the numerical columns of estimates; what is not defined is null.

    Parameters
    ----------
    found, counts
        K quantities and what stands behind them.
    interval, conf_level
        As `check_interval` gave.
    proportion
        They are proportions, which have an effective n, a design effect and flags of their own.
    """
    estimate, variance, df = found.estimate, found.variance(), found.df()
    n = counts.n.astype(np.float64)
    low, high = INTERVALS[interval](estimate, variance, n, df, conf_level)
    n_eff = effective_n(estimate, variance, n) if proportion else np.full(len(n), np.nan)
    if proportion:
        limits = korn_graubard(estimate, variance, n, df, STANDARD_LEVEL)
        flags = reliability(estimate, n, n_eff, df, *limits)
    else:
        flags = reliability_of_others(n, df)
    return {
        "interval": constant(interval, len(n), "interval"),
        "conf_level": constant(conf_level, len(n), "conf_level"),
        "estimate": nullable(estimate),
        "std_error": nullable(np.sqrt(variance)),
        "conf_low": nullable(low),
        "conf_high": nullable(high),
        "df": pa.array(df),
        "n": pa.array(counts.n),
        "n_numerator": pa.array(counts.hits, mask=np.full(len(n), not proportion)),
        "n_eff": nullable(n_eff),
        "n_programmes": pa.array(counts.programmes),
        "n_suppliers": pa.array(counts.suppliers),
        "largest_supplier": nullable(counts.largest_supplier),
        "deff": nullable(np.divide(n, n_eff, out=np.full(len(n), np.nan), where=n_eff > 0)),
        "reliability": pa.array(flags.tolist(), pa.string()),
    }


def tabulated(keys: Mapping[str, pa.Array], columns: Mapping[str, Any], rows: int) -> pa.Table:
    """Return the table of estimates.

    Parameters
    ----------
    keys
        Columns of the segments.
    columns
        The columns of `COLUMNS`, each an array or one value for all rows; absent ones are null.
    rows
        Number of rows.
    """
    complete = {
        name: value
        if isinstance(value := columns.get(name), pa.Array | pa.ChunkedArray)
        else constant(value, rows, name)
        for name in COLUMNS.names
    }
    return pa.table(dict(keys) | complete)


def constant(value: Any, rows: int, name: str) -> pa.Array:
    """Return a column of `COLUMNS` that has one value throughout."""
    return pa.array([value] * rows, COLUMNS.field(name).type)


def nullable(values: Floats) -> pa.Array:
    """Return an array with null for NaN."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def in_order(keys: pa.Table, rows: Integers, segments: Sequence[Segment]) -> Integers:
    """Return the rows in the order of the segments' levels, else of their values."""
    ranks = [
        [
            _rank(segment, value)
            for value in keys.column(segment.name).take(pa.array(rows)).to_pylist()
        ]
        for segment in segments
    ]
    order = sorted(range(len(rows)), key=lambda row: [rank[row] for rank in ranks])
    return rows[order]


def unnamed(keys: pa.Table, names: Sequence[str], size: int) -> Any:
    """Tell which of the groups lack a value of a segment; booleans of shape (size,)."""
    lacking = np.zeros(size, dtype=bool)
    for name in names:
        lacking |= keys.column(name).is_null().to_numpy()
    return lacking


def _rank(segment: Segment, value: str | int) -> str | int:
    return segment.levels.index(str(value)) if segment.levels else value
