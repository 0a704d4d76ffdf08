r"""What a series shows as a whole: whether it moves at all, by how much, and how noisy it is.

With :math:`y_t` the values of T periods and V their covariance, weights :math:`a_t` that are the
effective n of the periods' weights, and :math:`Q = \sum_t a_t (y_t - \bar y)^2= y' F y`,

.. math::

    \frac{Q}{tr F V} \sim F_{\nu_1, \nu_2}, \quad \nu_1 = \frac{(tr F V)^2}{tr (F V)^2}

if nothing moves (Rao and Scott's second-order correction), and :math:`\nu_2` are the degrees of
freedom of the trace, as `survey.sides` has them. :math:`tr (F V)^2` is freed of what the error of
an estimated V adds to it, which is much where few PSUs are in all periods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from advocacy.arrays import Floats, Integers
from advocacy.estimation.comparisons.contrasts import ratings_behind, together
from advocacy.estimation.movement.between import (
    FEWEST_PERIODS,
    Between,
    scattered,
    stepping,
    variance_limits,
)
from advocacy.estimation.movement.detectable import any_false_alarm
from advocacy.survey.gradient import Gradient
from advocacy.survey.intervals import t_quantile
from advocacy.survey.quantities import Quantities, ratios
from advocacy.survey.sides import bears_test, df_of_trace

# Degrees of freedom for each period below which a covariance is no matrix to invert.
_DF_A_PERIOD = 4
# Eigenvalue of a correlation matrix, and share of a variance, below which there is nothing left.
_SINGULAR = 1e-8


@dataclass(frozen=True)
class Series:
    """A measure over T periods, those that bear a test.

    Parameters
    ----------
    rows
        Their rows among all values, shape (T,).
    values, covariance, df
        Their values with their joint covariance, (T,) and (T, T), and degrees of freedom, (T,).
    weights
        Weight of each in the mean of all, proportions; shape (T,).
    level, step
        The models around one level and in steps.
    limits
        Of the variance around the level.
    sampling_sd
        Root mean square of the standard errors.
    statistic, ndf, ddf, p_value
        The F test that nothing moves.
    any_false_alarm
        How often at least one of the T − 1 movements is called where nothing moves.
    """

    rows: Integers
    values: Floats
    covariance: Floats
    df: Floats
    weights: Floats
    level: Between
    step: Between
    limits: tuple[float, float]
    sampling_sd: float
    statistic: float
    ndf: float
    ddf: float
    p_value: float
    any_false_alarm: float

    @property
    def between_sd(self) -> float:
        """Standard deviation of true values around the level."""
        return float(np.sqrt(self.level.variance))

    @property
    def noise_per_signal(self) -> float:
        """Sampling error for each unit of true movement; NaN where none was found."""
        return self.sampling_sd / self.between_sd if self.level.variance > 0 else np.nan


def series_of(
    values: Quantities,
    covariance: Floats,
    kish: Floats,
    rows: Integers,
    conf_level: float,
    alpha: float,
) -> Series | None:
    """Return what the values of some rows show as a series; none with fewer than three periods.

    Parameters
    ----------
    values
        All values, of which the rows are in the order of time.
    covariance
        Of all values.
    kish
        Effective n by weights of each.
    rows
        Those of the series. Periods that bear no test are left out.
    conf_level
        Of the interval of the variance.
    alpha
        Level of the tests of movements.
    """
    own = rows[bears_test(values.take(rows))]
    if len(own) < FEWEST_PERIODS:
        return None
    found = values.take(own)
    y, v, df = found.estimate, covariance[np.ix_(own, own)], found.df()
    weights = kish[own] / kish[own].sum()
    form = np.diag(weights) - np.outer(weights, weights)
    statistic, ndf, ddf = _f(found, y, v, form)
    steady = _steady(v, df)
    movements = np.diff(np.eye(len(y)), axis=0)
    return Series(
        own,
        y,
        v,
        df,
        weights,
        scattered(y, steady),
        stepping(y, steady),
        variance_limits(y, steady, conf_level),
        float(np.sqrt(np.diag(v).mean())),
        statistic,
        ndf,
        ddf,
        float(fdtrc(ndf, ddf, statistic)),
        any_false_alarm(movements @ steady @ movements.T, np.minimum(df[1:], df[:-1]), alpha),
    )


def noise_band(series: Series, conf_level: float) -> tuple[Floats, Floats]:
    """Return between what each period would lie if nothing moved; shape (T,) each."""
    apart = np.eye(len(series.rows)) - series.weights
    mean = float(series.weights @ series.values)
    spread = np.sqrt(np.maximum(np.diag(apart @ series.covariance @ apart.T), 0.0))
    half = t_quantile(series.df, conf_level) * spread
    return mean - half, mean + half


def _f(found: Quantities, y: Floats, v: Floats, form: Floats) -> tuple[float, float, float]:
    """Return F and its degrees of freedom; NaN where a panel repeats its answers."""
    product = form @ v
    trace = float(np.trace(product))
    if trace <= _SINGULAR * float(np.diag(form) @ np.diag(v)):
        return np.nan, np.nan, np.nan
    whole = ratios(found.cells, found.design, together(ratings_behind(found)))
    psus = float(whole.df()[0])
    ndf = min(trace**2 / _square(product, psus), len(y) - 1.0)
    gradient = found.gradient
    own = df_of_trace(found, gradient, form) if isinstance(gradient, Gradient) else np.nan
    return float(y @ form @ y) / trace, ndf, float(np.fmin(own, ndf * psus))


def _square(product: Floats, df: float) -> float:
    r"""Return :math:`tr (F V)^2` without what the error of an estimated V adds to it.

    Of a Wishart matrix on df, :math:`\frac{df^2}{(df - 1)(df + 2)} (tr A^2 - (tr A)^2 / df)` is
    without bias (Fujikoshi, Ulyanov and Shimizu 2010, Multivariate Statistics).
    """
    squares, trace = float(np.trace(product @ product)), float(np.trace(product))
    freed = df**2 / ((df - 1) * (df + 2)) * (squares - trace**2 / df)
    return freed if freed > 0 else squares


def _steady(v: Floats, df: Floats) -> Floats:
    """Return a covariance that can be inverted.

    On few degrees of freedom a matrix of T (T + 1) / 2 estimates has directions that look free of
    error, and where a panel repeats its answers it has some that are. All pairs of periods are
    then taken to have the mean of their correlations, 0.99 at most.
    """
    spread, size = np.sqrt(np.diag(v)), len(v)
    correlation = v / np.outer(spread, spread)
    if df.min() >= _DF_A_PERIOD * size and np.linalg.eigvalsh(correlation)[0] > _SINGULAR:
        return v
    mean = float((correlation.sum() - size) / (size * (size - 1)))
    mean = float(np.clip(mean, -0.9 / (size - 1), 0.99))
    steady: Floats = (mean + (1 - mean) * np.eye(size)) * np.outer(spread, spread)
    return steady
