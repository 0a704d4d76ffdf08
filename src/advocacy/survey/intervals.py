r"""Confidence intervals of proportions and other ratios under a complex design.

All functions take and return arrays of shape (D,). A limit that the method does not define is
NaN: a variance of zero for `logit` and `beta`, and df below 1 for every method.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import betaincinv, stdtrit

from advocacy.arrays import Floats

Limits = tuple[Floats, Floats]


def t_quantile(df: Floats, conf_level: float) -> Floats:
    """Return the two-sided Student t quantile; NaN where df is below 1."""
    enough = df >= 1
    return np.where(enough, stdtrit(np.where(enough, df, 1.0), (1 + conf_level) / 2), np.nan)


def effective_n(p: Floats, variance: Floats, n: Floats) -> Floats:
    """Return p(1 - p) / variance, the size of a simple random sample with this variance.

    Where p is 0 or 1 the sample shows no variance, and the effective n is n. Where the design
    allows no variance it is NaN.
    """
    without = np.where(np.isnan(variance), np.nan, n)
    return np.divide(p * (1 - p), variance, out=without, where=variance > 0)


def korn_graubard(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: float) -> Limits:
    r"""Return Korn-Graubard limits, as the US National Center for Health Statistics uses them.

    Clopper-Pearson limits with effective n
    :math:`n^* = \min\{n, \frac{p(1-p)}{v} (t_{n-1} / t_{df})^2\}`, and n where p is 0 or 1.

    Korn and Graubard (1998), Survey Methodology 24(2), 193-201; Parker et al. (2017), Vital
    Health Stat 2(175).
    """
    n_star = np.minimum(effective_n(p, variance, n) * _df_factor(n, df, conf_level), n)
    n_star = np.where(variance == 0, n, n_star)
    return _defined(_clopper_pearson(p, n_star, conf_level), df)


def beta(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: float) -> Limits:
    """Return the limits of `korn_graubard` without the cap at n.

    R equivalent: ``survey::svyciprop(method = "beta")`` on the subset with the base present.
    """
    n_star = effective_n(p, variance, n) * _df_factor(n, df, conf_level)
    n_star = np.where(variance > 0, n_star, np.nan)
    return _defined(_clopper_pearson(p, n_star, conf_level), df)


def logit(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: float) -> Limits:
    r"""Return Wald limits on the logit scale: :math:`logit(p) \pm t_{df} \sqrt v / (p(1-p))`.

    R equivalent: ``survey::svyciprop(method = "logit")``.
    """
    inside = (p > 0) & (p < 1)
    safe = np.where(inside, p, 0.5)
    centre = np.log(safe / (1 - safe))
    half = t_quantile(df, conf_level) * np.sqrt(variance) / (safe * (1 - safe))
    half = np.where(inside & (variance > 0), half, np.nan)
    return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))


def wilson(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: float) -> Limits:
    """Return Wilson's score limits with effective n, not adjusted for df, and a t quantile.

    Wilson (1927), https://doi.org/10.2307/2276774.
    """
    n_eff = effective_n(p, variance, n)
    ratio = t_quantile(df, conf_level) ** 2 / n_eff
    centre = (p + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * p * (1 - p) + ratio**2 / 4) / (1 + ratio)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def wald(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: float) -> Limits:
    """Return estimate plus and minus t times its standard error; for any ratio.

    R equivalent: ``confint(svymean(...), df = degf(design))``.
    """
    half = t_quantile(df, conf_level) * np.sqrt(variance)
    return p - half, p + half


INTERVALS: dict[str, Callable[[Floats, Floats, Floats, Floats, float], Limits]] = {
    "korn_graubard": korn_graubard,
    "beta": beta,
    "logit": logit,
    "wilson": wilson,
    "wald": wald,
}


def _df_factor(n: Floats, df: Floats, conf_level: float) -> Floats:
    # A sample of one has no t quantile; its effective n stays as it is.
    of_srs = t_quantile(np.maximum(n - 1, 1), conf_level)
    return (of_srs / t_quantile(df, conf_level)) ** 2


def _clopper_pearson(p: Floats, n: Floats, conf_level: float) -> Limits:
    """Return Clopper-Pearson limits for a number of trials that need not be whole."""
    tail = (1 - conf_level) / 2
    hits, misses = n * p, n * (1 - p)
    some_hits, some_misses = hits > 0, misses > 0
    low = betaincinv(np.where(some_hits, hits, 1.0), misses + 1, tail)
    high = betaincinv(hits + 1, np.where(some_misses, misses, 1.0), 1 - tail)
    undefined = np.where(np.isnan(n), np.nan, 0.0)
    return np.where(some_hits, low, 0.0) + undefined, np.where(some_misses, high, 1.0) + undefined


def _defined(limits: Limits, df: Floats) -> Limits:
    undefined = np.where(df >= 1, 0.0, np.nan)
    return limits[0] + undefined, limits[1] + undefined
