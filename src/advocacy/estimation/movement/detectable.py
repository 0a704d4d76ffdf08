"""What a test of a movement could show, and how often it calls one that is none."""

from __future__ import annotations

import numpy as np
from scipy.special import nctdtrinc, ndtri, stdtr, stdtrit

from advocacy.arrays import Floats

ALPHA, POWER = 0.05, 0.80
# Above it Student's t is the normal, in which its noncentral distribution is not computed.
_MANY = 1e6
_DRAWS, _SEED = 20_000, 1


def smallest_change(
    std_error: Floats, df: Floats, alpha: float = ALPHA, power: float = POWER
) -> Floats:
    r"""Return the change that a two-sided test finds with the power asked for; shape (K,).

    :math:`\lambda\, SE`, where :math:`\lambda` is the noncentrality at which Student's t on df
    exceeds its critical value with that probability: 2.80 where df are many, as
    :math:`z_{1 - \alpha / 2} + z_{power}`. Of two independent periods as precise as one of
    standard error s, SE is :math:`\sqrt 2\, s`.

    Parameters
    ----------
    std_error
        Standard error of the movement, in any unit; the change is in the same.
    df
        Degrees of freedom of the test; NaN, and none, where they are below 1.
    alpha
        Level of the test.
    power
        Probability to find it.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 4.

    R equivalent: ``power.t.test`` with ``strict = FALSE``.
    """
    few = np.where(df >= 1, np.minimum(df, _MANY), np.nan)
    by_t = nctdtrinc(few, 1 - power, stdtrit(few, 1 - alpha / 2))
    factor = np.where(df > _MANY, ndtri(1 - alpha / 2) + ndtri(power), by_t)
    found: Floats = factor * std_error
    return found


def any_false_alarm(covariance: Floats, df: Floats, alpha: float = ALPHA) -> float:
    """Return how often at least one of M movements is called where nothing moves.

    Movements next to each other share a period, so that they are far from independent: their
    joint distribution is drawn from, always by the same numbers.

    Parameters
    ----------
    covariance
        Of the M movements, shape (M, M).
    df
        Degrees of freedom of their tests, shape (M,).
    alpha
        Level of each test.
    """
    spread = np.sqrt(np.diag(covariance))
    roots, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    half = vectors * np.sqrt(np.maximum(roots, 0.0))
    drawn = np.random.default_rng(_SEED).standard_normal((_DRAWS, len(spread))) @ half.T
    # At the normal point with the level of the test: of few df the errors are theirs too.
    called = np.abs(drawn) > -ndtri(_level(df, alpha) / 2)
    return float(called.any(axis=1).mean())


def _level(df: Floats, alpha: float) -> Floats:
    level: Floats = np.asarray(2 * stdtr(df, -stdtrit(df, 1 - alpha / 2)), np.float64)
    return level
