"""The curve: the rate of each score from 0 to 10, by itself and as a curve that is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtr

from advocacy.arrays import Floats, Integers
from advocacy.errors import UsageError
from advocacy.estimation.curves.fits import FITS, SCORES, Fit
from advocacy.estimation.direct import check_columns, labels_of, refuse_empty
from advocacy.estimation.estimands import Estimand, find_estimand
from advocacy.estimation.estimates import Estimates
from advocacy.estimation.segments import SEGMENTS, Segment, find_segments
from advocacy.estimation.tabulation import (
    check_interval,
    constant,
    in_order,
    nullable,
    statistics,
    tabulated,
    unnamed,
)
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.design import SurveyDesign, survey_design
from advocacy.survey.engines import Engine, engine_for
from advocacy.survey.gradient import Gradient
from advocacy.survey.intervals import logit
from advocacy.survey.quantities import Quantities, counts, totals
from advocacy.survey.replicates import Replicates, replicate_totals
from advocacy.survey.replication import Replication

# Columns that curves and their tests have behind those of all estimates.
CURVE_COLUMNS = pa.schema(
    [("fit", pa.string()), ("band_low", pa.float64()), ("band_high", pa.float64())]
)
_S = len(SCORES)
_NOUGHT = 1e-12  # spread of replicates that do not differ


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


@dataclass(frozen=True)
class ByScore:
    """Totals by score of G curves.

    Parameters
    ----------
    totals
        X of the 11 scores of the first curve, of the second, and so on; then Z likewise.
    resampled
        The same in bootstrap replicates; ``None`` where the design allows none.
    keys
        What each curve is of, a row each.
    groups, wholes
        Domains of each score of each curve, and of each curve.
    curves
        Numbers of the curves that are shown, in their order; shape (shown,).
    unplaced
        Ratings in the base that no curve holds.
    """

    totals: Quantities
    resampled: Replicates | None
    keys: pa.Table
    groups: Groups
    wholes: Groups
    curves: Integers
    unplaced: int

    @property
    def cells(self) -> Cells:
        """The cells of the pass."""
        return self.totals.cells

    def split(self) -> tuple[Floats, Floats]:
        """Return X and Z, shape (G, 11) each."""
        return split(self.totals.estimate)

    def transformed(
        self,
        function: Callable[[Floats, Floats], Floats],
        slopes: Callable[[Floats, Floats], Floats],
    ) -> Quantities:
        """Return L functions of each curve, all of the first curve before those of the second.

        As `Quantities.transformed`, without the nought of curves on each other's totals.

        Parameters
        ----------
        function
            From X and Z of shape (..., 11) to shape (..., L).
        slopes
            From X and Z of one curve to derivatives, shape (L, 22).
        """
        applied = of_curves(function)
        blocks = np.array([slopes(x, z) for x, z in zip(*self.split(), strict=True)])
        return replace(
            self.totals,
            estimate=applied(self.totals.estimate),
            gradient=_gradient(blocks, self.groups),
            replicates=self.totals.replicates and self.totals.replicates.transformed(applied),
        )


def split(values: Floats) -> tuple[Floats, Floats]:
    """Return X and Z of curves, from shape (..., 22 G) to shape (..., G, 11) each."""
    x, z = np.split(values, 2, axis=-1)
    shape = (*x.shape[:-1], -1, _S)
    return x.reshape(shape), z.reshape(shape)


def of_curves(function: Callable[[Floats, Floats], Floats]) -> Callable[[Floats], Floats]:
    """Return a function of all totals, (..., 22 G) to (..., G L), from one of each curve's."""

    def applied(values: Floats) -> Floats:
        found = function(*split(values))
        return found.reshape(*values.shape[:-1], -1)

    return applied


def _gradient(blocks: Floats, groups: Groups) -> Gradient:
    """Return the gradient of curves' functions, from derivatives of shape (G, L, 22)."""
    curves, size, _ = blocks.shape
    domain = np.full(groups.size, -1)
    domain[groups.group] = groups.domain  # a score of a curve is one domain
    by_x, by_z = blocks[..., :_S], blocks[..., _S:]
    matters = (domain.reshape(curves, 1, _S) >= 0) & ((by_x != 0) | (by_z != 0))
    number, function, score = np.nonzero(matters)
    return Gradient(
        quantity=number * size + function,
        domain=domain[number * _S + score],
        x=by_x[matters],
        z=by_z[matters],
        size=curves * size,
    )


def curve(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    by: Sequence[str] = (),
    fits: Sequence[str] = tuple(FITS),
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
    chosen, segments = check_curve(estimand, by)
    method = check_interval(interval, conf_level, proportion=True)
    _check_fits(fits)
    design = design or survey_design(responses)
    found = by_score(responses, chosen, segments, design, engine)
    labels = labels_of(responses, chosen, None, design)
    names = tuple(dict.fromkeys(fits))
    table, rates = _tabulate(found, names, method, conf_level, labels)
    return Curve(table, "curve", found.unplaced, rates, notes_of(found))


def check_curve(estimand: str, by: Sequence[str]) -> tuple[Estimand, list[Segment]]:
    """Return estimand and segments; refuse what has no curve over the scores."""
    chosen, segments = find_estimand(estimand), find_segments(by)
    if not chosen.conditional or not chosen.proportion:
        raise UsageError(
            f"{chosen.name} is no rate of those with a score, and has no curve.",
            remedy="Use recommended_past_12m, or another rate.",
        )
    for segment in segments:
        if segment.replaces_intent:
            raise UsageError(
                f"A curve is over the scores already; {segment.name} splits by them.",
                remedy=f"Leave {segment.name} out of --by.",
            )
    return chosen, segments


def by_score(
    responses: Responses,
    estimand: Estimand,
    segments: Sequence[Segment],
    design: SurveyDesign,
    engine: Engine | None,
) -> ByScore:
    """Run the pass by segments and score and return the totals of each curve."""
    crossed = [*segments, SEGMENTS["score"]]
    check_columns(responses, estimand, crossed)
    bootstrap = bootstrapped(design)
    cells = grouped_pass(
        responses,
        bootstrap or design,
        estimand.ratio("(score IS NOT NULL)"),
        [segment.domain for segment in crossed],
        engine_for(responses, engine),
    )
    refuse_empty(responses, estimand, cells)
    names = [segment.name for segment in segments]
    groups, wholes = _groups(cells, names)
    behind = counts(cells, wholes)
    lacking = unnamed(wholes.keys, names, wholes.size)
    shown = np.flatnonzero(~lacking & (behind.n > 0))
    return ByScore(
        totals=totals(cells, design, groups),
        resampled=replicate_totals(cells, bootstrap, groups) if bootstrap else None,
        keys=wholes.keys,
        groups=groups,
        wholes=wholes,
        curves=in_order(wholes.keys, shown, segments),
        unplaced=int(behind.n[lacking].sum()),
    )


def bootstrapped(design: SurveyDesign) -> SurveyDesign | None:
    """Return the design with bootstrap replicates; ``None`` where it has no PSUs to draw.

    Where linearization has a rule of its own for strata of one PSU, these count as certain:
    shapes of distributions are wanted, not variances.
    """
    replication = design.replication
    if replication and (replication.redraws or not replication.made):
        return design if replication.redraws else None
    linear = design.lonely_psu in ("adjust", "average")
    rule = "certainty" if linear else design.lonely_psu
    return replace(design, replication=Replication("bootstrap"), lonely_psu=rule)


def notes_of(found: ByScore) -> tuple[Remark, ...]:
    """Say what a design without a bootstrap leaves out."""
    if found.resampled is not None:
        return ()
    return (Remark("curve.no_bootstrap"),)


def _groups(cells: Cells, names: Sequence[str]) -> tuple[Groups, Groups]:
    """Return the domains of each score of each curve, and of each curve."""
    curves = rolled_up(cells, names)
    score = cells.domains.column("score").to_numpy()
    inside = ~np.isnan(score.astype(np.float64))
    group = curves.group[inside] * _S + score[inside].astype(np.int64)
    wholes = replace(curves, group=curves.group[inside], domain=curves.domain[inside])
    repeated = np.repeat(np.arange(curves.size), _S)
    # Without segments there is one curve, whose key has no column to take rows of.
    keys = curves.keys.take(pa.array(repeated)) if names else curves.keys
    scores = pa.array(np.tile(SCORES, curves.size), pa.int64())
    keyed = keys.append_column("score", scores) if names else pa.table({"score": scores})
    return Groups(keyed, group, wholes.domain, curves.size * _S), wholes


def _tabulate(
    found: ByScore, names: tuple[str, ...], interval: str, conf_level: float, labels: dict[str, Any]
) -> tuple[pa.Table, Quantities]:
    """Return the rates of all fits, a row a curve, fit and score, and their quantities."""
    fits = [FITS[name] for name in names]
    rates = found.transformed(
        lambda x, z: np.concatenate([fit.values(x, z) for fit in fits], axis=-1),
        lambda x, z: np.concatenate([fit.slopes(x, z) for fit in fits]),
    )
    rows = _rows(found, len(fits))
    fit_of = rows // _S % len(fits)
    tables, order = [], np.argsort(fit_of, kind="stable")
    for number, name in enumerate(names):
        own = rows[fit_of == number]
        group = own // (_S * len(fits)) * _S + own % _S
        part = _Part(name, rates, own, group)
        tables.append(_rates_table(found, part, interval, conf_level, labels))
    table = pa.concat_tables(tables).take(pa.array(np.argsort(order)))
    return table, rates.take(rows)


def _rows(found: ByScore, fits: int) -> Integers:
    """Return the numbers of the quantities shown: curves in order, fits, scores with ratings."""
    n = counts(found.cells, found.groups).n.reshape(-1, 1, _S)
    shown = np.broadcast_to(n > 0, (len(n), fits, _S))[found.curves]
    number = np.arange(len(n) * fits * _S).reshape(-1, fits, _S)[found.curves]
    return number[shown]


@dataclass(frozen=True)
class _Part:
    """Rows of one fit: its name, the quantities of all fits, and which of them and their groups."""

    name: str
    rates: Quantities
    rows: Integers
    groups: Integers

    @property
    def fit(self) -> Fit:
        return FITS[self.name]


def _rates_table(
    found: ByScore, part: _Part, interval: str, conf_level: float, labels: dict[str, Any]
) -> pa.Table:
    own = part.name == "direct"
    behind = (
        counts(found.cells, found.wholes).take(part.groups // _S)
        if part.fit.borrows
        else counts(found.cells, found.groups).take(part.groups)
    )
    shown = interval if own else "logit" if part.fit.borrows else "wald"
    columns = statistics(
        part.rates.take(part.rows), behind, interval=shown, conf_level=conf_level, proportion=own
    )
    low, high, band_low, band_high = _resampled_limits(found, part, conf_level)
    if part.name == "isotonic":
        columns |= {
            "interval": constant("percentile", len(low), "interval"),
            "conf_low": nullable(low),
            "conf_high": nullable(high),
        }
    keys = {
        key: found.groups.keys.column(key).take(pa.array(part.groups))
        for key in found.groups.keys.column_names
    }
    table = tabulated(keys, labels | columns, len(low))
    extra = {
        "fit": pa.array([part.name] * len(low)),
        "band_low": nullable(band_low),
        "band_high": nullable(band_high),
    }
    return pa.table({name: table.column(name) for name in table.column_names} | extra)


def _resampled_limits(
    found: ByScore, part: _Part, conf_level: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return percentiles of the replicates, and a simultaneous band; shape (rows,) each."""
    none = np.full(len(part.rows), np.nan)
    if found.resampled is None:
        return none, none, none, none
    values = found.resampled.transformed(of_curves(part.fit.values)).values[:, part.groups]
    tail = (1 - conf_level) / 2
    low, high = _quantile(values, tail), _quantile(values, 1 - tail)
    if part.name == "isotonic":
        return low, high, none, none
    rates = part.rates.take(part.rows)
    every = np.full((2, len(part.rows)), np.nan)
    curve_of = part.groups // _S
    for number in np.unique(curve_of):
        own = curve_of == number
        rates = part.rates.take(part.rows[own])
        level = _level(values[:, own], rates.estimate, conf_level)
        every[:, own] = logit(rates.estimate, rates.variance(), none[own], rates.df(), level)
    return low, high, every[0], every[1]


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
        spread[~(spread > _NOUGHT)] = np.nan
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
