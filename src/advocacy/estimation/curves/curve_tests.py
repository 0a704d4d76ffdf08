"""What a curve over the scores shows: does it rise, is 9 as good as 10, and where to cut it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import ndtri, stdtr

from advocacy.arrays import Floats, Integers
from advocacy.estimation.asked import ask
from advocacy.estimation.comparisons.contrasts import (
    CONTRASTS,
    behind_columns,
    inference,
)
from advocacy.estimation.curves.by_score import (
    ByScore,
    by_score,
    notes_of,
    of_curves,
    refuse_no_curve,
)
from advocacy.estimation.curves.curve import CURVE_COLUMNS, Curve, standardised
from advocacy.estimation.curves.fits import (
    CUTS,
    SCORES,
    auc,
    auc_slopes,
    best_cut,
    direct,
    direct_slopes,
    youden,
    youden_slopes,
)
from advocacy.estimation.curves.nine_and_ten import (
    Rows,
    against_others,
    nine_and_ten,
    scores_bear,
    two_scores,
)
from advocacy.estimation.tabulation import check_interval, nullable, statistics, tabulated
from advocacy.responses import Responses
from advocacy.survey.design import SurveyDesign
from advocacy.survey.diagnostics import reliability_of_others
from advocacy.survey.engines import Engine
from advocacy.survey.quantities import counts

_S = len(SCORES)
_Labels = dict[str, Any]


def curve_tests(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    by: Sequence[str] = (),
    where: str | None = None,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Curve:
    r"""Test curves over the scores 0 to 10, and find where they are best cut in two.

    The rows of each curve, by ``quantity``:

    * `difference`, score 9 and reference 10: is 9 as good as 10 here? With ``by`` also with
      reference `10, the others`: is a 9 here another's 10, that of all other curves together?
      Neither interval nor test where one of the two bears none (`survey.sides.bears_test`).
    * `auc`: area under the ROC curve of the score for the behaviour, 0.5 where it tells nothing.
    * `youden`: sensitivity plus specificity less 1 of the cut-point that is ``score``, those at
      or above it taken to have recommended.
    * `best_cut`: the cut-point with the largest; its interval are percentiles of the bootstrap.
      That 9 is a promoter here it says where the whole interval is up to 9.
    * `best_cut_share`: share of the bootstrap replicates in which ``score`` is the best cut.
    * `largest_fall`: of the pairs s < t of scores that bear a test, the :math:`\rho_s - \rho_t`
      that is largest in its standard errors, brought from Student's t on the pair's df to the
      normal; s is ``score``, t ``reference``. Its p-value is for the hypothesis that no rate
      falls: :math:`\rho_0 \le \dots \le \rho_{10}`. It is the share of replicates whose largest
      deviation of a pair, in standard deviations, is as large: the distribution were all rates
      equal, which is the least favourable case (White 2000,
      https://doi.org/10.1111/1468-0262.00152; Romano and Wolf 2005,
      https://doi.org/10.1111/j.1468-0262.2005.00615.x).

    Parameters
    ----------
    responses, estimand, by, where, design, conf_level, engine
        As for `curve`.

    Returns
    -------
    Curve
        With p-values where there is a hypothesis, none of them adjusted. The last three
        quantities need a bootstrap, which replicate weights of other schemes are not.

    Raises
    ------
    UsageError, MissingColumnError, DataError, DesignError
        As `curve`.

    Notes
    -----
    R equivalent: ``svycontrast(svyby(~y, ~score, ...))``; for the area ``withReplicates``.
    """
    refuse_no_curve(estimand, by)
    check_interval("wald", conf_level, proportion=True)
    asked = ask(responses, estimand, by=by, where=where, design=design, engine=engine)
    found, labels = by_score(asked), asked.labels()
    smooth = [nine_and_ten(found), *against_others(found), _area(found), _indices(found)]
    tables = [_smooth_table(found, rows, conf_level, labels) for rows in smooth]
    if found.resampled is not None:
        drawn = [_best(found, conf_level), _best_shares(found), _falls(found)]
        tables += [_drawn_table(found, rows, labels) for rows in drawn]
    table = _by_curve(pa.concat_tables(tables), found)
    return Curve(table, "curve_tests", found.unplaced, None, notes_of(found))


@dataclass(frozen=True)
class _Drawn:
    """Rows that bootstrap replicates alone give; arrays of shape (rows,)."""

    quantity: str
    curve: Integers
    score: Integers
    estimate: Floats
    low: Floats
    high: Floats
    p_value: Floats
    reference: Sequence[str | None]


def _area(found: ByScore) -> Rows:
    every = found.transformed(
        lambda x, z: auc(x, z)[..., None], lambda x, z: auc_slopes(x, z)[None, :]
    )
    rows = found.curves[~np.isnan(every.estimate[found.curves])]
    behind = counts(found.cells, found.wholes).take(rows)
    return Rows("auc", rows, [None] * len(rows), every.take(rows), behind)


def _indices(found: ByScore) -> Rows:
    every = found.transformed(youden, youden_slopes)
    rows = (found.curves[:, None] * len(CUTS) + np.arange(len(CUTS))).ravel()
    rows = rows[~np.isnan(every.estimate[rows])]
    curve = rows // len(CUTS)
    behind = counts(found.cells, found.wholes).take(curve)
    score = CUTS[rows % len(CUTS)].tolist()
    return Rows("youden", curve, score, every.take(rows), behind)


def _resampled(found: ByScore, function: Any, curves: Integers) -> Floats:
    """Return L functions of curves in the replicates, shape (R, curves, L)."""
    if found.resampled is None:
        return np.empty((0, len(curves), 0))
    values = found.resampled.transformed(of_curves(function)).values
    return values.reshape(len(values), found.wholes.size, -1)[:, curves]


def _cut_curves(found: ByScore) -> tuple[Integers, Integers]:
    """Return the curves that can be cut, and their best cut-points."""
    x, z = found.split()
    curves = found.curves[~np.isnan(youden(x, z)[found.curves, 0])]
    return curves, best_cut(x, z)[curves]


def _drawn_cuts(found: ByScore, curves: Integers) -> Floats:
    """Return the best cut-point of each replicate, NaN where it has none; shape (R, curves)."""
    indices = _resampled(found, youden, curves)
    none = np.isnan(indices).all(axis=-1)
    best = CUTS[np.argmax(np.nan_to_num(indices, nan=-np.inf), axis=-1)]
    return np.where(none, np.nan, best)


def _best(found: ByScore, conf_level: float) -> _Drawn:
    curves, best = _cut_curves(found)
    drawn = _drawn_cuts(found, curves)
    tail = (1 - conf_level) / 2
    # A cut-point is a score: percentiles are ones that occur.
    low, high = (
        np.nanquantile(drawn, (tail, 1 - tail), axis=0, method="inverted_cdf")
        if len(curves)
        else np.empty((2, 0))
    )
    none = np.full(len(curves), np.nan)
    return _Drawn(
        "best_cut", curves, best, best.astype(np.float64), low, high, none, [None] * len(curves)
    )


def _best_shares(found: ByScore) -> _Drawn:
    curves, _ = _cut_curves(found)
    drawn = _drawn_cuts(found, curves)
    with_one = (~np.isnan(drawn)).sum(axis=0)
    shares = (drawn[:, :, None] == CUTS).sum(axis=0) / np.maximum(with_one, 1)[:, None]
    none = np.full(shares.size, np.nan)
    return _Drawn(
        "best_cut_share",
        np.repeat(curves, len(CUTS)),
        np.tile(CUTS, len(curves)),
        shares.ravel(),
        none,
        none,
        none,
        [None] * shares.size,
    )


_PAIRS = np.array(list(combinations(SCORES.tolist(), 2)))


def _falls(found: ByScore) -> _Drawn:
    """Return the largest fall of each curve and its p-value."""
    x, z = found.split()
    fall = _differences(x, z)
    drawn = _resampled(found, _differences, found.curves)
    each = scores_bear(found)
    bear = each[:, _PAIRS[:, 0]] & each[:, _PAIRS[:, 1]]
    rates = found.transformed(_differences, _differences_slopes)
    size = (-1, len(_PAIRS))
    against = two_scores(found, rates)
    df, widening = against.df.reshape(size), against.widening.reshape(size)
    largest = [
        _largest_fall(
            np.where(bear[curve], fall[curve], np.nan), drawn[:, number], df[curve],
            widening[curve],
        )
        for number, curve in enumerate(found.curves)
    ]  # fmt: skip
    number, p_value = np.array([row[0] for row in largest]), np.array([row[1] for row in largest])
    kept = number >= 0
    curves, number = found.curves[kept], number[kept]
    pair = _PAIRS[number]
    none = np.full(len(curves), np.nan)
    return _Drawn(
        "largest_fall",
        curves,
        pair[:, 0],
        fall[curves, number],
        none,
        none,
        p_value[kept],
        [str(score) for score in pair[:, 1]],
    )


def _differences(x: Floats, z: Floats) -> Floats:
    """Return the rate of the lower less that of the higher score of each pair, (..., 55)."""
    rates = direct(x, z)
    found: Floats = rates[..., _PAIRS[:, 0]] - rates[..., _PAIRS[:, 1]]
    return found


def _differences_slopes(x: Floats, z: Floats) -> Floats:
    """Return the derivatives of `_differences`, shape (55, 22)."""
    slopes = np.nan_to_num(direct_slopes(x, z))
    found: Floats = slopes[_PAIRS[:, 0]] - slopes[_PAIRS[:, 1]]
    return found


def _largest_fall(fall: Floats, drawn: Floats, df: Floats, widening: Floats) -> tuple[int, float]:
    """Return the pair with the largest standardised fall and its p-value; −1 where there is none.

    Parameters
    ----------
    fall, drawn
        Differences of the pairs, shape (55,), NaN where a score bears no test; and in the
        replicates, shape (R, 55).
    df, widening
        What each is held against, shape (55,).
    """
    deviations, spread = standardised(drawn, fall)
    usable = ~np.isnan(fall) & (spread > 0) & (df >= 1)
    if not usable.any():
        return -1, np.nan
    # Replicates deviate in standard deviations that are known; the fall's own is estimated.
    t = np.where(usable, fall, 0.0) / np.where(usable, spread * widening, 1.0)
    observed = np.where(usable, -ndtri(stdtr(np.where(usable, df, 1.0), -t)), -np.inf)
    pair = int(np.argmax(observed))
    largest = np.max(np.nan_to_num(deviations[:, usable], nan=-np.inf), axis=1)
    as_large = int((largest >= observed[pair]).sum())
    return pair, (1 + as_large) / (1 + len(drawn))


def _smooth_table(found: ByScore, rows: Rows, conf_level: float, labels: _Labels) -> pa.Table:
    columns: dict[str, Any] = statistics(
        rows.quantities, rows.counts, interval="wald", conf_level=conf_level, proportion=False
    )
    if rows.against is not None:
        against, tested = rows.against
        compared = inference(rows.quantities, against, CONTRASTS["difference"], conf_level, tested)
        flags = ["ok" if bears else "review" for bears in tested.tolist()]
        columns |= compared | behind_columns(rows.counts, against.df, flags)
    columns |= {"quantity": rows.quantity, "reference": rows.reference}
    score = pa.array(rows.score, pa.int64())
    return _keyed(found, rows.curve, score, labels | columns)


def _drawn_table(found: ByScore, rows: _Drawn, labels: _Labels) -> pa.Table:
    behind = counts(found.cells, found.wholes).take(rows.curve)
    area, n = _area(found), behind.n.astype(np.float64)
    df_of = dict(zip(area.curve.tolist(), area.quantities.df().tolist(), strict=True))
    df = np.array([df_of.get(curve, 0.0) for curve in rows.curve.tolist()])
    columns: dict[str, Any] = {
        "quantity": rows.quantity,
        "reference": pa.array(rows.reference, pa.string()),
        "method": "bootstrap",
        "interval": "percentile" if rows.quantity == "best_cut" else None,
        "estimate": nullable(rows.estimate),
        "conf_low": nullable(rows.low),
        "conf_high": nullable(rows.high),
        "p_value": nullable(rows.p_value),
        "df": pa.array(df),
        "n": pa.array(behind.n),
        "n_programmes": pa.array(behind.programmes),
        "n_suppliers": pa.array(behind.suppliers),
        "largest_supplier": nullable(behind.largest_supplier),
        "reliability": pa.array(reliability_of_others(n, df).tolist(), pa.string()),
    }
    return _keyed(found, rows.curve, pa.array(rows.score, pa.int64()), labels | columns)


def _keyed(found: ByScore, curve: Integers, score: pa.Array, columns: dict[str, Any]) -> pa.Table:
    names = [name for name in found.groups.keys.column_names if name != "score"]
    keys = {name: found.keys.column(name).take(pa.array(curve)) for name in names}
    table = tabulated(keys | {"score": score}, columns, len(curve))
    for name in CURVE_COLUMNS.names:
        table = table.append_column(name, pa.nulls(len(curve), CURVE_COLUMNS.field(name).type))
    return table.append_column("curve", pa.array(curve))


def _by_curve(table: pa.Table, found: ByScore) -> pa.Table:
    """Return the rows in the order of their curves, without the curves' numbers."""
    place = {curve: number for number, curve in enumerate(found.curves.tolist())}
    rank = np.array([place[curve] for curve in table.column("curve").to_pylist()], dtype=np.int64)
    return table.drop_columns(["curve"]).take(pa.array(np.argsort(rank, kind="stable")))
