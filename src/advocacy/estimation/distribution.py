r"""The whole distribution of the score, with limits that hold for all of its shares together.

The shares of a crossing are functions of one pass, with the covariance V. Of a normal vector with
V's correlations let c be the quantile of the largest absolute value at the confidence level; then
intervals of each share at the level :math:`P(|Z| \le c)` hold together at the confidence level.
They are Korn and Graubard's, as a share of few ratings is no normal one.

Hothorn, Bretz and Westfall (2008), https://doi.org/10.1002/bimj.200810425.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.comparisons.contrasts import repeated
from advocacy.estimation.estimands import find_estimand, find_intent
from advocacy.estimation.movement.measures import Measured, measure, together
from advocacy.estimation.segments import find_segments
from advocacy.estimation.tabulation import (
    check_interval,
    in_order,
    nullable,
    proportion_limits,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.responses import Responses
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

SCORES = tuple(range(11))
# Decimals of per cent that shares can be rounded to.
MOST_DECIMALS = 2

_INTERVAL = "korn_graubard"
_ALL = "mean_score"  # whose base is all who give a score, each of whom counts it
_SHARE = "intent_share"
_DRAWS, _SEED = 40_000, 1
# Eigenvalues of a correlation below this are rounding: the shares add up to 1.
_NOTHING = 1e-9


def distribution(
    responses: Responses,
    *,
    by: Sequence[str] = (),
    decimals: int | None = None,
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Comparison:
    """Estimate what share of those who give a score give each, in one table.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    by, where, design, conf_level, engine
        As in `estimate`; ``by`` without the score.
    decimals
        Decimals of per cent that the shares of a crossing are rounded to so that they add up to
        100, in 0 to 2; ``None`` for no such column.

    Returns
    -------
    Comparison
        Of the kind ``distribution``: for each crossing a row a score from 0 to 10, also where
        nobody gave it, with the share of `intent_share` for this score alone. Behind the columns
        of all estimates stand ``joint_low`` and ``joint_high``, limits that hold for the eleven
        shares together, and if asked ``rounded``, per cent by largest remainders.

    Raises
    ------
    UsageError
        An unknown name, a segment of scores, or decimals that there are not.
    MissingColumnError, DataError, DesignError
        As in `estimate`.

    Notes
    -----
    R equivalent: ``survey::svymean(~factor(score), design, na.rm = TRUE)``.
    """
    segments = find_segments(by)
    for segment in segments:
        if segment.replaces_intent:
            raise UsageError(
                f"A distribution is of all scores, which {segment.name} splits.",
                remedy=f"Leave {segment.name} out of --by.",
            )
    if decimals is not None and not 0 <= decimals <= MOST_DECIMALS:
        raise UsageError(
            f"Per cent with {decimals} decimals: 0 to {MOST_DECIMALS} can be had.",
            remedy="Use 0 for whole per cent.",
        )
    check_interval(_INTERVAL, conf_level, proportion=True)
    found = measure(
        responses, [_ALL], intent="score_10", by=by, where=where, design=design, engine=engine
    )
    groups = rolled_up(found.cells, [segment.name for segment in segments])
    behind = found.counts(groups, found.value(_ALL))
    lacking = unnamed(groups.keys, [segment.name for segment in segments], groups.size)
    rows = in_order(groups.keys, np.flatnonzero(~lacking & (behind.n > 0)), segments)
    if not len(rows):
        raise DataError(
            f"No rating has a value of {' and '.join(by)}.",
            where=responses.name,
            remedy="Cross by another segment.",
        )
    given = found.value(_ALL)
    scores = [np.where(np.isnan(given), np.nan, given == score) for score in SCORES]
    joint = together([found.ratios(groups, value).take(rows) for value in scores])
    # From a share at a time to a crossing at a time.
    order = np.arange(len(rows) * len(SCORES)).reshape(len(SCORES), -1).T.ravel()
    joint = joint.take(order)
    crossings = np.arange(len(order)).reshape(-1, len(SCORES))
    levels = np.array([joint_level(joint.take(own).covariance(), conf_level) for own in crossings])
    tables = [
        _table(found, groups, (score, value), rows, levels, conf_level)
        for score, value in zip(SCORES, scores, strict=True)
    ]
    table = pa.concat_tables(tables).take(pa.array(order))
    if decimals is not None:
        shares = table.column("estimate").to_numpy().reshape(-1, len(SCORES))
        rounded = np.concatenate([adding_up(own, decimals) for own in shares])
        table = table.append_column("rounded", pa.array(rounded))
    return Comparison(table, "distribution", int(behind.n[lacking].sum()), joint, "score")


def joint_level(covariance: Floats, conf_level: float) -> float:
    """Return the level of single intervals that hold together at a confidence level.

    Parameters
    ----------
    covariance
        Of K estimates, shape (K, K); those without a variance do not count.
    conf_level
        Confidence level of all together, a proportion in (0, 1).

    Notes
    -----
    R equivalent: ``mvtnorm::qmvnorm(conf_level, tail = "both.tails", corr = R)``.
    """
    errors = np.sqrt(np.diag(covariance))
    known = np.flatnonzero(errors > 0)
    if len(known) < 2:
        return conf_level
    correlation = covariance[np.ix_(known, known)] / np.outer(errors[known], errors[known])
    values, vectors = np.linalg.eigh(correlation)
    some = values > _NOTHING
    draws = np.random.default_rng(_SEED).standard_normal((_DRAWS, int(some.sum())))
    largest = np.abs(draws @ (vectors[:, some] * np.sqrt(values[some])).T).max(axis=1)
    level = 2 * ndtr(np.quantile(largest, conf_level)) - 1
    return float(max(level, conf_level))


def adding_up(shares: Floats, decimals: int) -> Floats:
    """Return shares that add up to 1 in per cent that add up to 100, by largest remainders.

    Of equal remainders the first is rounded up first, so that they are the same each time.
    """
    units = shares * 100 * 10**decimals
    whole = np.floor(np.round(units, 9))
    missing = round(float(units.sum())) - int(whole.sum())
    remainders = np.round(units - whole, 9)
    whole[np.argsort(-remainders, kind="stable")[:missing]] += 1
    rounded: Floats = whole / 10**decimals
    return rounded


def _table(
    found: Measured,
    groups: Groups,
    share: tuple[int, Floats],
    rows: Integers,
    levels: Floats,
    conf_level: float,
) -> pa.Table:
    """Return the rows of a score, one a crossing."""
    score, value = share
    quantities = found.alone(groups, value).take(rows)
    behind = found.counts(groups, value).take(rows)
    columns: dict[str, Any] = statistics(
        quantities, behind, interval=_INTERVAL, conf_level=conf_level, proportion=True
    )
    estimand = find_estimand(_SHARE)
    what = {
        "estimand": _SHARE,
        "rung": estimand.rung,
        "quantity": estimand.quantity,
        "intent": find_intent(str(score)).name,
    }
    keys = repeated(groups.keys, rows, groups.keys.column_names)
    keys["score"] = pa.array([score] * len(rows))
    table = tabulated(keys, found.asked[0].labels() | columns | what, len(rows))
    low, high = proportion_limits(quantities, behind, _INTERVAL, levels)
    return table.append_column("joint_low", nullable(low)).append_column(
        "joint_high", nullable(high)
    )
