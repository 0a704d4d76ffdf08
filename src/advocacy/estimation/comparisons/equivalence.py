"""Is a rate one in two? Equivalence within a margin, and apart from it the test against half."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import stdtr

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.comparisons.comparison import Comparison, quantities_of, with_columns
from advocacy.estimation.comparisons.exact import all_alike, effective_sizes
from advocacy.estimation.direct import estimate
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.tabulation import nullable
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import Quantities
from advocacy.survey.sides import FEWEST_DF, bears_test

HALF = 0.5


def equivalence(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    margin: float = 0.05,
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.90,
    engine: Engine | None = None,
) -> Comparison:
    """Judge for each domain whether a proportion is one in two, give or take a margin.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand, intent, by, where, design, engine
        As in `estimate`; the estimand is a proportion.
    margin
        Largest distance from 0.5 that counts as none, a proportion in (0, 0.5).
    conf_level
        Level of the Korn-Graubard interval, a proportion in (0, 1): 0.90 makes the two one-sided
        tests of equivalence at 5 %.

    Returns
    -------
    Comparison
        The estimates with Korn-Graubard limits at ``conf_level``, and ``outcome``: `equivalent`
        where the interval lies within 0.5 ± margin, `different` where it lies wholly outside,
        else, and where the domain has too few PSUs to bear a test, `undecided`. ``p_value`` is
        of the two-sided t test against exactly 0.5, which is another question, and where all
        answers are alike of the exact binomial test of their effective number; none where the
        domain bears no test (`survey.sides.bears_test`) and is not such a one.


    Raises
    ------
    UsageError
        The estimand is no proportion, the margin is not between 0 and 0.5, or a name is unknown.
    MissingColumnError, DataError, DesignError
        As in `estimate`.

    References
    ----------
    Schuirmann (1987), https://doi.org/10.1007/BF01068419.
    """
    _check(estimand, margin)
    rates = estimate(
        responses,
        estimand=estimand,
        intent=intent,
        by=by,
        where=where,
        design=design,
        interval="korn_graubard",
        conf_level=conf_level,
        engine=engine,
    )
    low, high = HALF - margin, HALF + margin
    conf_low, conf_high = (rates.table.column(f"conf_{end}").to_numpy() for end in ("low", "high"))
    position = rates.table.column_names.index("p_value")
    found = quantities_of(rates)
    p_values = p_values_against(found, HALF)
    if find_estimand(estimand).incidence is None:
        p_values = np.where(np.isnan(p_values), exact_p_values_against(found, HALF), p_values)
    against_half = nullable(p_values)
    # An interval of a rate of 0 or 1 is exact, and needs no variance.
    known = found.df() >= FEWEST_DF
    conf_low, conf_high = (np.where(known, limits, np.nan) for limits in (conf_low, conf_high))
    table = rates.table.set_column(position, "p_value", pa.chunked_array([against_half]))
    more: dict[str, Sequence[Any]] = {
        "margin_low": [low] * len(rates),
        "margin_high": [high] * len(rates),
        "outcome": outcomes(conf_low, conf_high, low, high),
    }
    return Comparison(
        table=with_columns(table, more),
        kind="equivalence",
        unplaced=rates.unplaced,
        quantities=rates.quantities,
    )


def outcomes(conf_low: Floats, conf_high: Floats, low: float, high: float) -> list[str]:
    """Tell of intervals whether they lie within limits, wholly outside, or neither.

    Parameters
    ----------
    conf_low, conf_high
        Limits of the intervals, shape (K,); NaN where there are none.
    low, high
        Limits that they are held against.
    """
    within = (conf_low >= low) & (conf_high <= high)
    outside = (conf_high < low) | (conf_low > high)
    found: list[str] = np.select(
        [within, outside], ["equivalent", "different"], default="undecided"
    ).tolist()
    return found


def p_values_against(found: Quantities, value: float) -> Floats:
    """Return p-values of two-sided t tests against a value, shape (K,); NaN where there is none."""
    std_error, df, defined = np.sqrt(found.variance()), found.df(), bears_test(found)
    statistic = np.divide(
        found.estimate - value, std_error, out=np.full(len(df), np.nan), where=defined
    )
    p_values: Floats = 2 * stdtr(df, -np.abs(statistic))
    return p_values


def exact_p_values_against(found: Quantities, value: float) -> Floats:
    """Return binomial p-values against a value of proportions that are 0 or 1, else NaN; (K,).

    Of their effective number and with equal tails, on the terms of `exact.exact_p_values`.
    R equivalent: ``binom.test(n, n, value)$p.value`` where value is one half.
    """
    p_values, alike = np.full(len(found.estimate), np.nan), all_alike(found)
    if found.cells.given is None and alike.any():
        worth, tested = effective_sizes(found)
        agreed = np.where(np.rint(found.estimate) == 1, value, 1 - value)
        exact = np.minimum(2 * agreed**worth, 1.0)
        p_values = np.where(alike & tested, exact, np.nan)
    return p_values


def _check(estimand: str, margin: float) -> None:
    if not find_estimand(estimand).proportion:
        raise UsageError(
            f"Equivalence to one in two is for proportions, which {estimand} is not.",
            remedy="Use a proportion such as recommended_past_12m.",
        )
    if not 0 < margin < HALF:
        raise UsageError(
            f"A margin of {100 * margin:g} points is not between 0 and 50.",
            remedy="Use 0.05 for 5 points: a margin is a proportion.",
        )
