r"""Is an 8 an 80 % chance? The likelihood that a score states, beside the rate of its givers.

A score s from 0 to 10 states the likelihood s / 10. With r(s) the rate of those who score s and
g(s) = s / 10 − r(s), the mean distance of the curve from the diagonal is

.. math:: \int_0^1 \lvert g(10u) \rvert \, du,

the area between them, with rates joined by straight lines between scores, and the mean excess the
same without the bars. For purchases, scales of probability performed better than those of
intention in two meta-analyses (Wright and MacRae 2007, https://doi.org/10.1007/s11747-007-0049-x).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.estimation.curves.by_score import refuse_no_rate_of_scores
from advocacy.estimation.curves.curve import CURVE_COLUMNS, Curve
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.tabulation import statistics, tabulated
from advocacy.responses import Responses
from advocacy.survey.cells.groups import rolled_up
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Counts, Quantities, counts

HIGHEST = 10
# Behind the columns of all estimates.
STATED_COLUMNS = pa.schema([("stated", pa.float64())])
# What is the same of a curve as of its rates.
_SAME = ("estimand", "rung", "intent", "target", "method", "source_kind")


def stated_likelihood(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    by: Sequence[str] = (),
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Curve:
    """Hold the likelihood that each score states against the rate of those who give it.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name of a rate in `ESTIMANDS`, that of a follow-up among them: one of those in an intent
        set.
    by
        Names in `SEGMENTS`: a curve for each crossing; without the score.
    design
        What `survey_design` gave; by default its choice.
    interval
        Name in `INTERVALS`, of the rates.
    conf_level
        Confidence level, a proportion in (0, 1).
    engine
        Where the pass runs; by default DuckDB in this process.

    Returns
    -------
    Curve
        For each crossing a row of quantity `rate` for each score that somebody gives, with the
        likelihood that it states in ``stated``, and a row each of `mean_distance` and
        `mean_excess`, which have no score. These are over the scores from the lowest to the
        highest that somebody gives; there are none where that is one score. Their intervals are
        Wald's; noise alone makes a mean distance of some size, which its interval does not allow
        for.

    Raises
    ------
    UsageError
        An unknown name, a segment of scores, or an estimand that is no rate of a score.
    MissingColumnError, DataError, DesignError
        As `estimate`.

    Notes
    -----
    R equivalent: ``svycontrast(svyby(~y, ~score, ...))``.
    """
    refuse_no_rate_of_scores(estimand, by)
    rates = estimate(
        responses,
        estimand=estimand,
        by=(*by, "score"),
        design=design,
        interval=interval,
        conf_level=conf_level,
        engine=engine,
    )
    score = rates.table.column("score").to_numpy().astype(np.float64)
    found = _with_distances(rates, tuple(by), score / HIGHEST, conf_level)
    return Curve(found, "stated_likelihood", rates.unplaced)


def mean_distance(stated: Floats, rates: Floats) -> Floats:
    """Return the mean absolute distance between a curve and the diagonal.

    Parameters
    ----------
    stated
        Likelihoods that are stated, rising; shape (S,), S at least 2.
    rates
        Rates at them, joined by straight lines; shape (..., S).

    Returns
    -------
    Floats
        Shape (...,).
    """
    gap = stated - rates
    left, right = np.abs(gap[..., :-1]), np.abs(gap[..., 1:])
    both = left + right
    crosses = gap[..., :-1] * gap[..., 1:] < 0
    # Two triangles where the line crosses the diagonal, a trapezium elsewhere.
    apart = np.divide(left**2 + right**2, both, out=np.zeros_like(both), where=both > 0)
    area = (np.where(crosses, apart, both) / 2) @ np.diff(stated)
    found: Floats = area / (stated[-1] - stated[0])
    return found


def _distance_slopes(stated: Floats, rates: Floats) -> Floats:
    """Return the derivatives of `mean_distance` by the rates, shape (S,)."""
    gap = stated - rates
    left, right = np.abs(gap[:-1]), np.abs(gap[1:])
    both = left + right
    crosses = gap[:-1] * gap[1:] < 0
    square = np.where(both > 0, both, 1.0) ** 2
    by_left = np.where(crosses, (left**2 + 2 * left * right - right**2) / square, 1.0)
    by_right = np.where(crosses, (right**2 + 2 * left * right - left**2) / square, 1.0)
    width = np.diff(stated) / 2
    by_size = np.zeros(len(stated))
    by_size[:-1] += width * by_left
    by_size[1:] += width * by_right
    slopes: Floats = -np.sign(gap) * by_size / (stated[-1] - stated[0])
    return slopes


def _mean_excess_weights(stated: Floats) -> Floats:
    """Return what each gap counts in their mean over the scale, shape (S,)."""
    width = np.diff(stated) / 2
    weights = np.zeros(len(stated))
    weights[:-1] += width
    weights[1:] += width
    found: Floats = weights / (stated[-1] - stated[0])
    return found


def _with_distances(
    rates: Estimates, by: tuple[str, ...], stated: Floats, conf_level: float
) -> pa.Table:
    """Return the rates, and behind those of each crossing its distances from the diagonal."""
    given = _of_curve(rates.table, "direct", pa.array(stated))
    tables = []
    for first, end in _runs(rates.table.select(list(by))):
        own = given.slice(first, end - first)
        tables.append(own)
        if rates.quantities and end - first > 1:
            curve = rates.quantities.take(np.arange(first, end))
            tables.append(_distances(own, by, curve, stated[first:end], conf_level))
    return pa.concat_tables(tables)


def _of_curve(table: pa.Table, fit: str | None, stated: pa.Array) -> pa.Table:
    """Return a table with the columns of curves behind its own, and what is stated."""
    for field in CURVE_COLUMNS:
        values = pa.array([fit if field.name == "fit" else None] * len(table), field.type)
        table = table.append_column(field, values)
    return table.append_column(STATED_COLUMNS.field("stated"), stated)


def _runs(keys: pa.Table) -> list[tuple[int, int]]:
    """Return first and last row, exclusive, of each run of rows with the same keys."""
    rows = keys.to_pylist()
    size = keys.num_rows
    starts = [row for row in range(size) if row == 0 or rows[row] != rows[row - 1]]
    return list(zip(starts, [*starts[1:], size], strict=True))


def _distances(
    rates: pa.Table, by: tuple[str, ...], curve: Quantities, stated: Floats, conf_level: float
) -> pa.Table:
    """Return the rows of both distances of one curve, of its rates."""
    weights = _mean_excess_weights(stated)

    def distances(values: Floats) -> Floats:
        return np.stack([mean_distance(stated, values), (stated - values) @ weights], axis=-1)

    jacobian = np.stack([_distance_slopes(stated, curve.estimate), -weights])
    found = curve.transformed(distances, jacobian)
    first = rates.slice(0, 1).to_pylist()[0]
    behind = _behind(curve, {name: first[name] for name in by})
    columns: dict[str, Any] = {name: first[name] for name in _SAME} | statistics(
        found, behind, interval="wald", conf_level=conf_level, proportion=False
    )
    columns["quantity"] = pa.array(["mean_distance", "mean_excess"])
    keys = {name: pa.array([first[name]] * 2, rates.column(name).type) for name in by}
    keys["score"] = pa.nulls(2, rates.column("score").type)
    return _of_curve(tabulated(keys, columns, 2), None, pa.nulls(2, pa.float64()))


def _behind(curve: Quantities, levels: dict[str, Any]) -> Counts:
    """Return what stands behind a whole curve, for both of its distances."""
    wholes = rolled_up(curve.cells, list(levels))
    number = wholes.keys.to_pylist().index(levels) if levels else 0
    return counts(curve.cells, wholes).take(np.repeat(number, 2))
