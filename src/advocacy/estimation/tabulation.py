"""From quantities to the tidy table of `Estimates`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats, Integers, arrow
from advocacy.errors import UsageError
from advocacy.estimation.estimand import Unit
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.segments import Segment
from advocacy.survey.diagnostics import (
    LARGEST_RATING,
    SMALLEST_N,
    STANDARD_LEVEL,
    reliability,
    reliability_of_others,
)
from advocacy.survey.intervals import INTERVALS, Level, Limits, effective_n
from advocacy.survey.populations import (
    Population,
    korn_graubard_within,
    population_behind,
    wald_within,
)
from advocacy.survey.quantities import Counts, Quantities

Columns = dict[str, pa.Array]
Flags = npt.NDArray[np.str_]

# Flag of a base in which nobody is followed so long, so that it has no rate.
NOT_FOLLOWED = "not_followed"
_BALANCE = (-1.0, 1.0)
# The least and the most that a rating can count, by the unit of the estimand.
POSSIBLE = {
    Unit.PER_CENT: (0.0, 1.0),
    Unit.PERCENTAGE_POINTS: _BALANCE,
    Unit.POINTS: _BALANCE,
    Unit.SCORE: (0.0, 10.0),
}


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
    found: Quantities,
    counts: Counts,
    *,
    interval: str,
    conf_level: float,
    proportion: bool,
    possible: tuple[float, float] | None = None,
    population: Population | None = None,
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
    possible
        For ratios of ratings that are no proportions, the least and the most that one can count.
    population
        Behind proportions; by default what the cells tell of it.
    """
    limits, n_eff, flags = (
        _of_proportions(found, counts, interval, conf_level, population)
        if proportion
        else _of_others(found, counts, interval, conf_level, possible)
    )
    n, df = counts.n.astype(np.float64), found.df()
    return {
        "interval": constant(interval, len(n), "interval"),
        "conf_level": constant(conf_level, len(n), "conf_level"),
        "estimate": nullable(found.estimate),
        "std_error": nullable(np.sqrt(found.variance())),
        "conf_low": nullable(limits[0]),
        "conf_high": nullable(limits[1]),
        "df": nullable(np.where(df >= 1, df, np.nan)),
        "n": arrow(counts.n),
        "n_numerator": arrow(counts.hits, np.full(len(n), not proportion)),
        "n_eff": nullable(n_eff),
        "n_programmes": arrow(counts.programmes),
        "n_suppliers": arrow(counts.suppliers),
        "largest_supplier": nullable(counts.largest_supplier),
        "deff": nullable(np.divide(n, n_eff, out=np.full(len(n), np.nan), where=n_eff > 0)),
        "reliability": pa.array(flags.tolist(), pa.string()),
    }


def _of_proportions(
    found: Quantities, counts: Counts, interval: str, conf_level: float, known: Population | None
) -> tuple[Limits, Floats, Flags]:
    """Return limits, effective n and flags of proportions, shape (K,) each."""
    estimate, variance, df = found.estimate, found.variance(), found.df()
    population = known or population_behind(found, conf_level)
    n = counts.n.astype(np.float64)
    # Where a sample shows no variance it does not tell what the ratings of a PSU have in common.
    worth = np.where(variance > 0, n, np.minimum(n, population.units))
    n_eff = effective_n(estimate, variance, worth)
    n_eff = np.where(_dominated(counts), np.fmin(n_eff, counts.kish), n_eff)
    limits = proportion_limits(found, counts, interval, conf_level, known)
    least = np.fmin(n_eff, counts.kish)
    at_standard = _korn_graubard(found, counts, STANDARD_LEVEL, known)
    flags = reliability(estimate, n, least, df, *at_standard, counts.largest_rating)
    flags = np.where(np.isnan(estimate), NOT_FOLLOWED, flags)
    return limits, n_eff, np.where(population.whole, "ok", flags)


def proportion_limits(
    found: Quantities,
    counts: Counts,
    interval: str,
    conf_level: Level,
    known: Population | None = None,
) -> Limits:
    """Return the limits of proportions that `statistics` gives, of a level for each; (K,) each."""
    if interval == "korn_graubard":
        return _korn_graubard(found, counts, conf_level, known)
    variance = found.variance()
    units = (known or population_behind(found, conf_level)).units
    worth = np.where(variance > 0, counts.n, np.minimum(counts.n, units))
    return INTERVALS[interval](found.estimate, variance, worth, found.df(), conf_level)


def _dominated(counts: Counts) -> npt.NDArray[np.bool_]:
    """Tell where one rating's weight hides how the others vary; fewer than 30 are flagged anyway.

    Where it makes the rate, its residual is next to nothing, and so is the variance.
    """
    return (counts.largest_rating >= LARGEST_RATING) & (counts.n >= SMALLEST_N)


def _korn_graubard(
    found: Quantities, counts: Counts, conf_level: Level, known: Population | None
) -> Limits:
    # A rating that is alone in a level of the margins has no residual, whatever its weight.
    by_weights = _dominated(counts) | (found.cells.calibration is not None)
    n = np.where(by_weights, np.minimum(counts.n, counts.kish), counts.n)
    return korn_graubard_within(
        found.estimate,
        found.variance(),
        n.astype(np.float64),
        found.df(),
        known or population_behind(found, conf_level),
        conf_level,
    )


def _of_others(
    found: Quantities,
    counts: Counts,
    interval: str,
    conf_level: float,
    possible: tuple[float, float] | None,
) -> tuple[Limits, Floats, Flags]:
    """Return limits and flags of what are no proportions; they have no effective n."""
    n, none = counts.n.astype(np.float64), np.full(len(counts.n), np.nan)
    estimate, variance, df = found.estimate, found.variance(), found.df()
    flags = reliability_of_others(np.fmin(n, counts.kish), df, counts.largest_rating)
    if possible is None:
        return INTERVALS[interval](estimate, variance, n, df, conf_level), none, flags
    population = population_behind(found, conf_level)
    flags = np.where((variance == 0) & (flags == "ok"), "review", flags)
    limits = wald_within(estimate, variance, n, df, population, possible, conf_level)
    return limits, none, np.where(population.whole, "ok", flags)


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
    return arrow(values, np.isnan(values))


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
