r"""Confidence intervals of proportions and other ratios under a complex design.

All functions take and return arrays of shape (D,). A limit that the method does not define is
NaN: a variance of zero for `logit` and `beta`, and df below 1 for every method.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, stdtrit

from advocacy.arrays import Floats

Limits = tuple[Floats, Floats]
# A confidence level, or one for each proportion, shape (D,).
Level = float | Floats

# Smallest sum of a beta distribution's parameters: all of it lies at 0 and 1.
_LEAST = 1e-6
# Of an interval of length 2 at most: to its last bit.
_HALVINGS = 54


def t_quantile(df: Floats, conf_level: Level) -> Floats:
    """Return the two-sided Student t quantile; NaN where df is below 1."""
    enough = df >= 1
    return np.where(enough, stdtrit(np.where(enough, df, 1.0), (1 + conf_level) / 2), np.nan)


def effective_n(p: Floats, variance: Floats, n: Floats) -> Floats:
    """Return p(1 - p) / variance, the size of a simple random sample with this variance.

    Where the sample shows no variance, the effective n is n. Where the design allows no variance
    it is NaN.
    """
    without = np.where(np.isnan(variance), np.nan, n)
    return np.divide(p * (1 - p), variance, out=without, where=variance > 0)


def korn_graubard(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Limits:
    r"""Return Korn-Graubard limits, as the US National Center for Health Statistics uses them.

    Clopper-Pearson limits with effective n
    :math:`n^* = \min\{n, \frac{p(1-p)}{v} (t_{n-1} / t_{df})^2\}`, and n where p is 0 or 1.

    Korn and Graubard (1998), Survey Methodology 24(2), 193-201; Parker et al. (2017), Vital
    Health Stat 2(175).
    """
    return defined(beta_limits(p, adjusted_n(p, variance, n, df, conf_level), conf_level), df)


def beta(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Limits:
    """Return the limits of `korn_graubard` without the cap at n.

    R equivalent: ``survey::svyciprop(method = "beta")`` on the subset with the base present.
    """
    n_star = effective_n(p, variance, n) * _df_factor(n, df, conf_level)
    n_star = np.where(variance > 0, n_star, np.nan)
    return defined(beta_limits(p, n_star, conf_level), df)


def logit(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Limits:
    r"""Return Wald limits on the logit scale: :math:`logit(p) \pm t_{df} \sqrt v / (p(1-p))`.

    R equivalent: ``survey::svyciprop(method = "logit")``.
    """
    inside = (p > 0) & (p < 1)
    safe = np.where(inside, p, 0.5)
    centre = np.log(safe / (1 - safe))
    half = t_quantile(df, conf_level) * np.sqrt(variance) / (safe * (1 - safe))
    half = np.where(inside & (variance > 0), half, np.nan)
    return 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))


def wilson(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Limits:
    """Return Wilson's score limits with effective n, not adjusted for df, and a t quantile.

    Wilson (1927), https://doi.org/10.2307/2276774.
    """
    n_eff = effective_n(p, variance, n)
    ratio = t_quantile(df, conf_level) ** 2 / n_eff
    centre = (p + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * p * (1 - p) + ratio**2 / 4) / (1 + ratio)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def wald(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Limits:
    """Return estimate plus and minus t times its standard error; for any ratio.

    R equivalent: ``confint(svymean(...), df = degf(design))``.
    """
    half = t_quantile(df, conf_level) * np.sqrt(variance)
    return p - half, p + half


def trinomial(
    net: Floats, extremes: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level
) -> Limits:
    r"""Return score limits of a share above less a share below, with effective n.

    Under :math:`\delta` the likelihood of the three shares is greatest at the root q of
    :math:`2 q^2 - (a + b - (2 - a + b) \delta) q - b \delta (1 - \delta) = 0`, where a and b are
    the shares above and below, and the limits are the two :math:`\delta` at which
    :math:`(a - b - \delta)^2 n^* = z^2 (2 q + \delta - \delta^2)`, with
    :math:`n^* = \min\{n, \frac{a + b - (a - b)^2}{v} (t_{n-1} / t_{df})^2\}`, and n where
    v is 0. They lie within -1 and 1, and are there where all are of one kind.

    Parameters
    ----------
    net, extremes
        Share above less share below, in [-1, 1], and their sum, in [0, 1].
    variance, n, df, conf_level
        As for `korn_graubard`.

    References
    ----------
    Tango (1998), https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B;
    for net promoter scores Rocks (2016), https://doi.org/10.1080/00031305.2016.1158124.
    """
    single = extremes - net**2
    n_star = np.divide(single, variance, out=np.full_like(net, np.nan), where=variance > 0)
    n_star = np.minimum(n_star * _df_factor(n, df, conf_level), n)
    n_star = np.where(variance == 0, n, n_star)
    squared = stdtrit(np.inf, (1 + np.asarray(conf_level)) / 2) ** 2
    above, below = (extremes + net) / 2, (extremes - net) / 2

    def inside(delta: Floats) -> npt.NDArray[np.bool_]:
        b = (2 - above + below) * delta - extremes
        root = np.sqrt(np.maximum(b**2 + 8 * below * delta * (1 - delta), 0.0))
        q = (root - b) / 4
        found: npt.NDArray[np.bool_] = (net - delta) ** 2 * n_star <= squared * (
            2 * q + delta - delta**2
        )
        return found

    limits = (_outermost(inside, net, np.full_like(net, end)) for end in (-1.0, 1.0))
    low, high = (np.where(np.isnan(n_star), np.nan, limit) for limit in limits)
    return defined((low, high), df)


def _outermost(
    inside: Callable[[Floats], npt.NDArray[np.bool_]], start: Floats, end: Floats
) -> Floats:
    """Return the last point from a start within to an end that is within, by bisection."""
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        within = inside(middle)
        start, end = np.where(within, middle, start), np.where(within, end, middle)
    return (start + end) / 2


INTERVALS: dict[str, Callable[[Floats, Floats, Floats, Floats, Level], Limits]] = {
    "korn_graubard": korn_graubard,
    "beta": beta,
    "logit": logit,
    "wilson": wilson,
    "wald": wald,
}


def adjusted_n(p: Floats, variance: Floats, n: Floats, df: Floats, conf_level: Level) -> Floats:
    """Return the effective n adjusted for the degrees of freedom, and at most n.

    Where the sample shows no variance it is n.
    """
    n_star = np.minimum(effective_n(p, variance, n) * _df_factor(n, df, conf_level), n)
    return np.where(variance == 0, n, n_star)


def beta_limits(p: Floats, n: Floats, conf_level: Level, left: Floats | float = np.inf) -> Limits:
    r"""Return Clopper-Pearson limits for a number of trials that need not be whole.

    They are for the proportion in a population without end, or for that among a number of others
    that are ``left``. Of these it is beta-binomial, with parameters a and b, hence variance
    :math:`\mu (1 - \mu) (s + left) / ((s + 1)\, left)` at a mean of :math:`\mu = a / s` and
    :math:`s = a + b`; a beta distribution with the same has the parameters a and b times
    :math:`((s + 1)\, left / (s + left) - 1) / s`. Half of one of those left is added to each side.
    """
    tail = (1 - conf_level) / 2
    hits, misses = n * p, n * (1 - p)
    some_hits, some_misses = hits > 0, misses > 0
    low = _quantile(np.where(some_hits, hits, 1.0), misses + 1, tail, left)
    high = _quantile(hits + 1, np.where(some_misses, misses, 1.0), 1 - tail, left)
    half = 0.5 / np.maximum(left, 0.5)
    undefined = np.where(np.isnan(n), np.nan, 0.0)
    return (
        np.where(some_hits, np.maximum(low - half, 0.0), 0.0) + undefined,
        np.where(some_misses, np.minimum(high + half, 1.0), 1.0) + undefined,
    )


def defined(limits: Limits, df: Floats) -> Limits:
    """Return the limits, NaN where df is below 1."""
    undefined = np.where(df >= 1, 0.0, np.nan)
    return limits[0] + undefined, limits[1] + undefined


def _quantile(a: Floats, b: Floats, level: Level, left: Floats | float) -> Floats:
    s = a + b
    # Of one left, or part of one, it is all or nothing: no sum of parameters is above 0.
    among = np.maximum((s + 1) / (s / left + 1) - 1, _LEAST)
    factor = np.where(np.isinf(left), 1.0, among / s)
    found: Floats = np.asarray(betaincinv(a * factor, b * factor, level), np.float64)
    return found


def _df_factor(n: Floats, df: Floats, conf_level: Level) -> Floats:
    # A sample of one has no t quantile; its effective n stays as it is.
    of_srs = t_quantile(np.maximum(n - 1, 1), conf_level)
    return (of_srs / t_quantile(df, conf_level)) ** 2
