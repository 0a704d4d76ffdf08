"""The curve: the rate of each score from 0 to 10, by itself and as a curve that is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtr

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.curves.by_score import (
    ByScore,
    by_score,
    notes_of,
    of_curves,
    refuse_no_curve,
)
from advocacy.estimation.curves.fits import FITS, SCORES, Fit
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.tabulation import (
    check_interval,
    constant,
    nullable,
    statistics,
    tabulated,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.intervals import logit
from advocacy.survey.quantities import Quantities, counts

# Columns that curves and their tests have behind those of all estimates.
CURVE_COLUMNS = pa.schema(
    [("fit", pa.string()), ("band_low", pa.float64()), ("band_high", pa.float64())]
)
_S = len(SCORES)
_NO_SPREAD = 1e-12  # spread of replicates that do not differ


@dataclass(frozen=True)
class Curve(Estimates):
    """Rates by score, or tests of them; behind the columns of all estimates those of a curve.

    ``fit`` says how the rate was had; ``band_low`` and ``band_high`` are limits that hold for
    all scores of a curve together.

    Parameters
    ----------
    notes
        Remarks on what could not be had, and why.
    """

    notes: tuple[Remark, ...] = ()

    def direct(self) -> Curve:
        """Return the rates of each score by itself, without the fits."""
        fit = self.table.column("fit")
        return replace(self, table=self.table.filter(pc.equal(fit, "direct")), quantities=None)


def curve(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    by: Sequence[str] = (),
    fits: Sequence[str] = tuple(FITS),
    where: str | None = None,
    design: SurveyDesign | None = None,
    interval: str | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Curve:
    r"""Estimate the rate of each score from 0 to 10, by itself and along fitted curves.

    * `direct`: each score by itself, with the interval asked for.
    * `isotonic`: the rates that never fall with the score and are closest to the direct ones,
      weighted by their bases. Its interval is the bootstrap's percentiles, which are not exact
      where scores are pooled; its linearized standard error takes them as pooled.
    * `logistic`: logistic in the score. Its intervals are of the logit.
    * `smooth`: logistic in natural cubic splines with knots at 0, 5, 8 and 10, which bends where
      rates are expected to rise fastest and is straight, in logits, beyond.

    Simultaneous bands are logit intervals of a higher level. Over bootstrap replicates the
    quantile of the largest deviation of a curve, in standard deviations, gives the pointwise
    level at which all its scores hold together (Montiel Olea and Plagborg-Møller 2019,
    https://doi.org/10.1002/jae.2656). A rate of 0 or 1 has none.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    estimand
        Name of a rate in `ESTIMANDS`: one of those in an intent set.
    by
        Names in `SEGMENTS`: a curve for each crossing; without the score.
    where
        Condition on the ratings, as in `estimate`.
    fits
        Names in `FITS`.
    design
        What `survey_design` gave; by default its choice. Without a bootstrap of its own it is
        bootstrapped for the bands and percentiles: 500 replicates, seed 1.
    interval
        Name in `INTERVALS`, of the direct rates.
    conf_level
        Confidence level, a proportion in (0, 1).
    engine
        Where the pass runs; by default DuckDB in this process.

    Returns
    -------
    Curve
        A row for each curve, fit, and score with a rating in its base. Behind a row of
        `logistic` or `smooth` are the ratings of the whole curve.

    Raises
    ------
    UsageError
        An unknown name, a segment of scores, or an estimand that is no rate of a score.
    MissingColumnError, DataError, DesignError
        As `estimate`.

    Notes
    -----
    R equivalent: ``svyby(~y, ~score, ...)``, ``isoreg``, ``svyglm(y ~ score, ...)`` and
    ``svyglm(y ~ ns(score, knots = c(5, 8), Boundary.knots = c(0, 10)), ...)``.
    """
    refuse_no_curve(estimand, by)
    method = check_interval(interval, conf_level, proportion=True)
    _check_fits(fits)
    asked = ask(responses, estimand, by=by, where=where, design=design, engine=engine)
    found = by_score(asked)
    names = tuple(dict.fromkeys(fits))
    table, rates = _tabulate(found, names, method, conf_level, asked.labels())
    return Curve(table, "curve", found.unplaced, rates, notes_of(found))


def _tabulate(
    found: ByScore, names: tuple[str, ...], interval: str, conf_level: float, labels: dict[str, Any]
) -> tuple[pa.Table, Quantities]:
    """Return the rates of all fits, a row a curve, fit and score, and their quantities."""
    fits = [FITS[name] for name in names]
    rates = found.transformed(
        lambda x, z: np.concatenate([fit.values(x, z) for fit in fits], axis=-1),
        lambda x, z: np.concatenate([fit.slopes(x, z) for fit in fits]),
    )
    curve_of, fit_of, score_of = _shown(found, len(fits))
    shape = (found.wholes.size, len(fits), _S)
    rates = rates.take(np.ravel_multi_index((curve_of, fit_of, score_of), shape))
    tables = []
    for number, name in enumerate(names):
        own = np.flatnonzero(fit_of == number)
        rows = _Rows(name, curve_of[own], score_of[own], rates.take(own))
        tables.append(_rates_table(found, rows, interval, conf_level, labels))
    by_fit = np.argsort(fit_of, kind="stable")
    return pa.concat_tables(tables).take(pa.array(np.argsort(by_fit))), rates


def _shown(found: ByScore, fits: int) -> tuple[Integers, Integers, Integers]:
    """Return curve, number of the fit, and score of each rate shown, in this order."""
    n = counts(found.cells, found.groups).n.reshape(-1, 1, _S)[found.curves]
    place, fit, score = np.nonzero(np.broadcast_to(n > 0, (len(n), fits, _S)))
    return found.curves[place], fit, score


@dataclass(frozen=True)
class _Rows:
    """Rates of one fit that are shown: its name, curve and score of each, and the rates."""

    name: str
    curve: Integers
    score: Integers
    rates: Quantities

    @property
    def fit(self) -> Fit:
        return FITS[self.name]

    @property
    def group(self) -> Integers:
        """Number of each rate's score among those of all curves."""
        return self.curve * _S + self.score


def _rates_table(
    found: ByScore, rows: _Rows, interval: str, conf_level: float, labels: dict[str, Any]
) -> pa.Table:
    direct = rows.name == "direct"
    behind = (
        counts(found.cells, found.wholes).take(rows.curve)
        if rows.fit.borrows
        else counts(found.cells, found.groups).take(rows.group)
    )
    shown = interval if direct else "logit" if rows.fit.borrows else "wald"
    columns = statistics(
        rows.rates, behind, interval=shown, conf_level=conf_level, proportion=direct
    )
    low, high, band_low, band_high = _resampled_limits(found, rows, conf_level)
    if rows.name == "isotonic":
        columns |= {
            "interval": constant("percentile", len(low), "interval"),
            "conf_low": nullable(low),
            "conf_high": nullable(high),
        }
    keys = {
        key: found.groups.keys.column(key).take(pa.array(rows.group))
        for key in found.groups.keys.column_names
    }
    table = tabulated(keys, labels | columns, len(low))
    extra = {
        "fit": pa.array([rows.name] * len(low)),
        "band_low": nullable(band_low),
        "band_high": nullable(band_high),
    }
    return pa.table({name: table.column(name) for name in table.column_names} | extra)


def _resampled_limits(
    found: ByScore, rows: _Rows, conf_level: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return percentiles of the replicates, and a simultaneous band; shape (rows,) each."""
    none = np.full(len(rows.curve), np.nan)
    if found.resampled is None:
        return none, none, none, none
    values = found.resampled.transformed(of_curves(rows.fit.values)).values[:, rows.group]
    tail = (1 - conf_level) / 2
    low, high = _quantile(values, tail), _quantile(values, 1 - tail)
    if rows.name == "isotonic":
        return low, high, none, none
    band = np.full((2, len(none)), np.nan)
    for number in np.unique(rows.curve):
        own = np.flatnonzero(rows.curve == number)
        rates = rows.rates.take(own)
        level = _level(values[:, own], rates.estimate, conf_level)
        band[:, own] = logit(rates.estimate, rates.variance(), none[own], rates.df(), level)
    return low, high, band[0], band[1]


def _level(values: Floats, estimate: Floats, conf_level: float) -> float:
    """Return the pointwise level at which all rates of a curve hold together.

    It is the normal level of the quantile of the largest deviation in the replicates: their
    deviations are in standard deviations that are known, those of estimates are not.
    """
    away, _ = standardised(values, estimate)
    largest = np.abs(np.nan_to_num(away)).max(axis=1)
    return float(2 * ndtr(np.quantile(largest, conf_level)) - 1)


def standardised(values: Floats, estimate: Floats) -> tuple[Floats, Floats]:
    """Return deviations of replicates in their standard deviations, and these.

    Both are NaN where the replicates do not differ. Shapes (R, K) and (K,).
    """
    present = ~np.isnan(values)
    with np.errstate(all="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=0) / present.sum(axis=0)
        square = np.where(present, (values - mean) ** 2, 0.0).sum(axis=0)
        spread = np.sqrt(square / (present.sum(axis=0) - 1))
        spread[~(spread > _NO_SPREAD)] = np.nan
        return (values - estimate) / spread, spread


def _quantile(values: Floats, level: float) -> Floats:
    """Return a quantile of each column over the replicates that have a value."""
    found = np.full(values.shape[1], np.nan)
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        found[some] = np.nanquantile(values[:, some], level, axis=0)
    return found


def _check_fits(fits: Sequence[str]) -> None:
    unknown = [name for name in fits if name not in FITS]
    if unknown or not fits:
        what = f"{unknown[0]!r} is no fit." if unknown else "No fit is named."
        raise UsageError(what, remedy=f"Use some of: {', '.join(FITS)}.")
