r"""Random-effects synthesis of published shares of one quantity.

On the logit scale, figure :math:`i` is :math:`y_i = \log\{x_i / (n_i - x_i)\}` with sampling
variance :math:`v_i = 1/x_i + 1/(n_i - x_i)`, where :math:`x_i = n_i p_i`. Publications do not say
how answers were drawn, so design effects are unknown and taken as 1: the variances are too small
rather than too large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2, t

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimates import COLUMNS as ESTIMATE_COLUMNS
from advocacy.estimation.estimates import Estimates
from advocacy.evidence.published import SOURCE_KIND, of_quantity
from advocacy.evidence.schema import OTHER, POOL, QUANTITIES

FEWEST = 3
SYNTHESIS_COLUMNS = pa.schema(
    [
        ("prediction_low", pa.float64()),
        ("prediction_high", pa.float64()),
        ("logit", pa.float64()),
        ("logit_std_error", pa.float64()),
        ("tau2", pa.float64()),
        ("i2", pa.float64()),
        ("q", pa.float64()),
        ("q_df", pa.int64()),
        ("q_p", pa.float64()),
        ("figures", pa.int64()),
    ]
)
# Between-figure variances at which the likelihood is looked at before its top is narrowed down.
_GRID = np.concatenate([[0.0], np.geomspace(1e-8, 1e2, 401)])


@dataclass(frozen=True)
class RandomEffects:
    """A random-effects mean of figures on one scale.

    Parameters
    ----------
    mean, std_error
        The mean over figures like these, and its standard error after Hartung and Knapp.
    tau2
        Variance between figures, by REML.
    i2
        Share of the variance that is between figures, from 0 to 1.
    q
        Cochran's statistic of heterogeneity.
    df
        Degrees of freedom: the number of figures less 1.
    """

    mean: float
    std_error: float
    tau2: float
    i2: float
    q: float
    df: int

    def interval(self, conf_level: float) -> tuple[float, float]:
        """Return the interval of the mean."""
        return self._around(self.std_error, conf_level)

    def prediction(self, conf_level: float) -> tuple[float, float]:
        """Return the interval in which the true value of a further such figure lies."""
        return self._around(float(np.hypot(self.std_error, self.tau2**0.5)), conf_level)

    def _around(self, spread: float, conf_level: float) -> tuple[float, float]:
        reach = float(t.isf((1 - conf_level) / 2, self.df)) * spread
        return self.mean - reach, self.mean + reach


def synthesise(figures: Estimates, quantity: str, conf_level: float = 0.95) -> Estimates:
    """Pool the published figures of one quantity by random effects.

    Only rows whose ``include`` is ``pool`` enter: shares with one value and the n of their base.

    Parameters
    ----------
    figures
        As `read_published` returns them.
    quantity
        One of `schema.QUANTITIES`; figures of different quantities are never pooled.
    conf_level
        Of the interval of the mean and of the prediction interval, between 0 and 1.

    Returns
    -------
    Estimates
        Of the kind ``synthesis``, one row.

    Raises
    ------
    UsageError
        The quantity is unknown or ``other``, or the level is not between 0 and 1.
    DataError
        Fewer than three figures may be pooled: draw them instead.

    References
    ----------
    Knapp and Hartung (2003), doi:10.1002/sim.1482; Jackson, Law, Rücker and Schwarzer (2017),
    Statistics in Medicine 36(25), 3923-3934.

    R equivalent: ``metafor::rma(measure = "PLO", method = "REML", test = "adhoc")`` and
    ``predict``.
    """
    if quantity == OTHER:
        raise UsageError(
            "Figures of other quantities have nothing in common and are not pooled.",
            remedy=f"Use one of: {', '.join(QUANTITIES)}.",
        )
    if not 0 < conf_level < 1:
        raise UsageError(
            f"A level of {conf_level:g} is none.", remedy="Give one between 0 and 1, as 0.95."
        )
    rows = [r for r in of_quantity(figures, quantity).table.to_pylist() if r["include"] == POOL]
    if len(rows) < FEWEST:
        raise DataError(
            f"Of {QUANTITIES[quantity]}, {len(rows)} published figures may be pooled; "
            f"a synthesis takes {FEWEST} or more.",
            remedy="Draw the figures beside each other instead.",
        )
    n = np.array([row["n"] for row in rows], float)
    y, v = logits(n * np.array([row["estimate"] for row in rows]), n)
    found = random_effects(y, v)
    return Estimates(_table(found, quantity, int(n.sum()), conf_level), "synthesis")


def logits(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the logit of each share and its sampling variance, both of shape (figures,).

    Where a share is 0 or 1, half a person is added to each side of that figure alone.

    R equivalent: ``metafor::escalc(measure = "PLO")``.
    """
    half = 0.5 * ((x <= 0) | (x >= n))
    did, did_not = x + half, n - x + half
    return np.log(did / did_not), 1 / did + 1 / did_not


def random_effects(y: Floats, v: Floats) -> RandomEffects:
    """Return the random-effects mean of figures ``y`` with sampling variances ``v``.

    The variance between figures maximises the restricted likelihood. The standard error is
    Hartung and Knapp's, but never below that of known variances: with few figures that happen to
    agree, theirs may come near 0.

    Parameters
    ----------
    y, v
        Figures and sampling variances above 0, shape (figures,), two or more.
    """
    tau2, df = _reml(y, v), len(y) - 1
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    scale = max(1.0, float(w @ (y - mean) ** 2) / df)
    fixed = 1 / v
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    typical = df / (fixed.sum() - (fixed**2).sum() / fixed.sum())
    i2 = float(tau2 / (tau2 + typical))
    return RandomEffects(mean, float(np.sqrt(scale / w.sum())), tau2, i2, q, df)


def _reml(y: Floats, v: Floats) -> float:
    """Return the variance between figures with the greatest restricted likelihood.

    It may have several tops: the highest of a grid is narrowed down by where its slope is 0.
    """
    scale = float(np.var(y, ddof=1)) + float(v.max())
    grid = scale * _GRID
    best = int(np.argmax([_restricted(tau2, y, v) for tau2 in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    if best == 0 and _slope(0.0, y, v) <= 0:
        return 0.0
    return float(brentq(_slope, low, high, args=(y, v), xtol=1e-300, rtol=1e-14))


def _restricted(tau2: float, y: Floats, v: Floats) -> float:
    w = 1 / (v + tau2)
    rest = y - w @ y / w.sum()
    return float(0.5 * (np.log(w).sum() - np.log(w.sum()) - w @ rest**2))


def _slope(tau2: float, y: Floats, v: Floats) -> float:
    """Return the derivative of the restricted log likelihood by the variance between figures."""
    w = 1 / (v + tau2)
    rest = y - w @ y / w.sum()
    return float(0.5 * ((w * rest) @ (w * rest) - w.sum() + (w @ w) / w.sum()))


def _table(found: RandomEffects, quantity: str, n: int, conf_level: float) -> pa.Table:
    low, high = expit(found.interval(conf_level))
    next_low, next_high = expit(found.prediction(conf_level))
    row = {
        **dict.fromkeys(ESTIMATE_COLUMNS.names),
        "quantity": quantity,
        "method": "reml",
        "interval": "hartung_knapp",
        "conf_level": conf_level,
        "estimate": float(expit(found.mean)),
        "conf_low": float(low),
        "conf_high": float(high),
        "df": float(found.df),
        "n": n,
        "source_kind": SOURCE_KIND,
        "prediction_low": float(next_low),
        "prediction_high": float(next_high),
        "logit": found.mean,
        "logit_std_error": found.std_error,
        "tau2": found.tau2,
        "i2": found.i2,
        "q": found.q,
        "q_df": found.df,
        "q_p": float(chi2.sf(found.q, found.df)),
        "figures": found.df + 1,
    }
    return pa.Table.from_pylist([row], pa.schema([*ESTIMATE_COLUMNS, *SYNTHESIS_COLUMNS]))
